"""Tokens with a good signature of our own key that say something wrong, or are not for us.

Nobody outside can make most of them. They are what a mistake of ours would sign elsewhere: as long
as each reader checks everything, one mistake is not yet a break-in.
"""

import json
import time

import pytest

from tests.attacks.forgery import claims_of
from tests.attacks.rows import attack
from tests.support.relying_party import bearer

NOW = int(time.time())


@pytest.fixture
def claims(genuine):
    return claims_of(genuine)


@pytest.fixture
def written(claims):
    """The claims as JSON that a test may spoil by hand."""
    return json.dumps(claims)


# The header --------------------------------------------------------------------------------------


@attack("JW-08")
@pytest.mark.parametrize(
    "more",
    [
        {"crit": ["bork"], "bork": 1},
        {"crit": []},
        {"crit": ["alg"]},
        {"crit": ["exp"], "exp": NOW},
        {"crit": "b64", "b64": True},
        {"crit": ["b64"], "b64": False},
        {"b64": False},
    ],
)
def test_a_critical_extension_that_nobody_knows_is_refused(pen, claims, refused, more):
    """RFC 7515, section 4.1.11; CVE-2025-59420, CVE-2026-32597."""
    refused(pen.sign(claims, pen.header | more))


@attack("JW-18")
@pytest.mark.parametrize("name", ["alg", "typ", "kid"])
def test_a_header_that_names_a_member_twice_is_refused(pen, claims, refused, name):
    """RFC 7515, section 4: of two readers one would take the first, another the last."""
    twice = json.dumps(pen.header)[:-1] + f', "{name}": "{pen.header[name]}"}}'

    refused(pen.sign(claims, twice))


@attack("JW-19")
@pytest.mark.parametrize(
    "header",
    [
        "[]",
        '"at+jwt"',
        "null",
        "1",
        "",
        "{",
        "[" * 3000,
        '{"alg":' * 800,
        '{"a":' + "[" * 2900,
        '{"alg":"ES256","typ":"at+jwt","kid":' + "9" * 5000 + "}",
        '{"alg":NaN}',
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
    ],
)
def test_a_header_that_is_no_object_is_refused(pen, claims, refused, header):
    """ASVS 1.5.3. Nobody needs a key to send this: the header is read before the signature."""
    refused(pen.sign(claims, header))


@attack("JW-26")
@pytest.mark.parametrize(
    "kind",
    [
        "logout+jwt",
        "dpop+jwt",
        "oauth-authz-req+jwt",
        "rt+jwt",
        "JWT",
        "jwt",
        "AT+JWT",
        "application/at+jwt",
        "secevent+jwt",
        "token-introspection+jwt",
        "",
        None,
        ["at+jwt"],
    ],
)
def test_a_token_of_another_kind_is_no_access_token(pen, claims, refused, kind):
    """RFC 8725, section 3.11: ``typ`` is exactly what we write."""
    refused(pen.sign(claims, pen.header | {"typ": kind}))


@attack("JW-26")
def test_a_token_without_a_kind_is_no_access_token(pen, claims, refused):
    """RFC 9068, section 4."""
    refused(pen.sign(claims, {name: pen.header[name] for name in ("alg", "kid")}))


@attack("JW-26")
def test_a_refresh_token_is_no_access_token(relying_party, make_user, client, refused):
    """Its key is never in the JWKS, and its kind is another one. Introspection knows it apart:
    only the client that holds it may ask."""
    refresh_token = relying_party.password(make_user()).json["refresh_token"]

    refused(refresh_token)


# The payload -------------------------------------------------------------------------------------


@attack("JW-18")
@pytest.mark.parametrize("name", ["sub", "exp", "iss", "aud", "scope", "sid"])
def test_a_claim_that_is_said_twice_is_refused(pen, claims, written, refused, name):
    """RFC 7519, section 4: two readers could take two people from one token."""
    refused(pen.sign(f'{written[:-1]}, "{name}": {json.dumps(claims[name])}}}'))


@attack("JW-18")
def test_a_claim_that_is_said_twice_in_two_spellings_is_refused(pen, claims, written, refused):
    """An escape in a name makes no other name (RFC 8259, section 8.3)."""
    refused(pen.sign(f'{written[:-1]}, "\\u0073ub": "somebody"}}'))


@attack("JW-19")
@pytest.mark.parametrize(
    "payload",
    [
        "[]",
        "null",
        "true",
        "1",
        '"sub"',
        "",
        "{}",
        "{",
        "[" * 3000,
        '{"a":' * 1000 + "1" + "}" * 1000,
        b"\xff\xfe",
        "not JSON",
    ],
    ids=lambda value: repr(value[:12]),
)
def test_a_payload_that_is_no_object_is_refused(pen, refused, payload):
    """ASVS 1.5.3: neither a crash nor a recursion."""
    refused(pen.sign(payload))


@attack("JW-19")
@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1" * 5000, "1e400"])
@pytest.mark.parametrize("name", ["exp", "more"])
def test_a_number_that_is_none_is_refused(pen, written, refused, value, name):
    """ASVS 1.5.3: what JSON does not know, and what overflows."""
    spoilt = json.dumps(json.loads(written) | {name: 0}).replace(
        f'"{name}": 0', f'"{name}": {value}'
    )

    refused(pen.sign(spoilt))


@attack("JW-20")
def test_a_token_that_never_expires_is_refused(pen, claims, refused):
    """RFC 7519, section 4.1.4; GHSA-wxg7-w2v3-w38g."""
    del claims["exp"]

    refused(pen.sign(claims))


@attack("JW-20")
@pytest.mark.parametrize(
    "exp",
    [None, str(NOW + 300), NOW + 300.5, 1e308, -1, 0, True, [NOW + 300], {"at": NOW + 300}],
    # Processes that share the tests must call them by the same names.
    ids=["null", "text", "half", "huge", "negative", "zero", "true", "list", "object"],
)
def test_an_expiry_that_is_no_whole_number_ahead_is_refused(pen, claims, refused, exp):
    """RFC 7519, section 4.1.4: 1e308 is for ever, and a string compares with nothing."""
    refused(pen.sign(claims | {"exp": exp}))


@attack("JW-21")
@pytest.mark.parametrize("ago", [1, 60, 10**9])
def test_a_token_of_the_past_is_refused(pen, claims, refused, ago):
    """ASVS 9.2.1. There is no leeway: issuer and reader are one."""
    refused(pen.sign(claims | {"exp": int(time.time()) - ago}))


@attack("JW-21")
@pytest.mark.parametrize(
    "value",
    [NOW + 7200, NOW + 10**6, "soon", 1e308, None],
    ids=["in two hours", "in 10**6 s", "soon", "1e308", "None"],
)
def test_a_token_of_the_future_is_refused(pen, claims, refused, value):
    """ASVS 9.2.1."""
    refused(pen.sign(claims | {"nbf": value}))


@attack("JW-21")
@pytest.mark.parametrize(
    "value",
    [NOW + 7200, NOW + 10**6, "now", 1e308, None],
    ids=["in two hours", "in 10**6 s", "now", "1e308", "None"],
)
def test_a_token_that_was_made_in_the_future_is_refused(pen, claims, refused, value):
    """ASVS 9.2.1."""
    refused(pen.sign(claims | {"iat": value}))


@attack("JW-21")
def test_a_start_in_the_past_is_no_obstacle(pen, claims, accepted):
    """The other side of the rule: a library that writes ``nbf`` writes nothing wrong."""
    accepted(pen.sign(claims | {"nbf": NOW - 10}))


@attack("JW-22")
@pytest.mark.parametrize(
    "issuer",
    [
        "https://other.example",
        "http://localhost:8000/",
        "http://LOCALHOST:8000",
        "HTTP://localhost:8000",
        "http://localhost:8000/realm",
        "https://localhost:8000",
        "http://localhost",
        " http://localhost:8000",
        "",
        None,
        ["http://localhost:8000"],
        {"iss": "http://localhost:8000"},
    ],
)
def test_an_issuer_that_is_not_ours_to_the_letter_is_refused(pen, claims, refused, issuer):
    """RFC 8725, section 3.8."""
    refused(pen.sign(claims | {"iss": issuer}))


@attack("JW-22")
def test_a_token_without_an_issuer_is_refused(pen, claims, refused):
    """RFC 9068, section 2.2."""
    del claims["iss"]

    refused(pen.sign(claims))


@attack("JW-19")
@pytest.mark.parametrize("name", ["sub", "jti", "client_id", "aud", "sid", "scope"])
@pytest.mark.parametrize("value", [None, 7, ["x"], [7], {"x": 1}, "not-an-id"])
def test_a_claim_of_a_wrong_type_gives_nobody_more(pen, claims, client, name, value):
    """RFC 9068, section 2.2: an account's page opens for its own ``sub`` and session only."""
    token = pen.sign(claims | {name: value})

    for path in (f"/api/users/{claims['sub']}", "/oauth2/userinfo", "/api/users"):
        answer = client.get(path, headers=bearer(token))

        assert answer.status_code in (200, 401, 403)
        if answer.status_code == 200:
            assert answer.json.get("sub", answer.json.get("id")) == claims["sub"]
