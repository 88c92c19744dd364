"""Attacks by what an authorization request says (rows AZ)."""

import json

import pytest

from authserver.http.cookies import Cookies
from tests.attacks.rows import attack
from tests.support.authorization_answers import assert_error, assert_error_page
from tests.support.authorizations import FRONT_CHANNEL_TYPES, Authorizations
from tests.support.jwks_verifier import payload_of


@pytest.fixture
def in_front(make_app, new_client):
    """Where tokens may travel through the browser."""
    app, services = make_app(front_channel_response_types=True)
    return Authorizations(new_client(app), services)


@pytest.fixture
def hybrid(in_front):
    """A client that is registered for every response type, where all of them are on."""
    return in_front.hybrid()


# Response types -----------------------------------------------------------------------------------


@attack("AZ-02")
@pytest.mark.parametrize("response_type", ["token", *FRONT_CHANNEL_TYPES, "token id_token"])
@pytest.mark.parametrize("method", ["client_secret_basic", "none"])
def test_no_token_travels_through_the_browser(client, in_front, method, response_type):
    """RFC 9700, section 2.1.2: off, even for a client that is registered for it."""
    registered = in_front.hybrid(token_endpoint_auth_method=method)
    flow = registered.elsewhere(client)
    flow.sign_in()

    answer = flow.authorize(response_type=response_type)

    assert_error(answer, "unsupported_response_type")


@attack("AZ-02")
def test_token_alone_is_never_a_response_type(hybrid):
    """RFC 9700, section 2.1.2: the implicit grant of OAuth, which no ID token guards."""
    assert_error(hybrid.authorize(response_type="token"), "unsupported_response_type")


@attack("AZ-02")
def test_who_is_not_registered_for_it_gets_no_token_in_front(in_front):
    """The server has it on, the client did not ask for it."""
    flow = in_front()

    for response_type in FRONT_CHANNEL_TYPES:
        assert_error(flow.authorize(response_type=response_type), "unauthorized_client")


@attack("AZ-03")
@pytest.mark.parametrize("place", ["sign-in", "resumption"])
def test_parameters_beside_a_sealed_request_change_nothing(in_front, place):
    """CVE-2026-7571: Keycloak took the response type of the later step for that of the first."""
    flow = in_front.hybrid(signed_in=False)
    more = "&response_type=id_token+token&scope=openid+email&redirect_uri=https://evil.com/"
    step = flow.authorize(response_type="code")
    person = {"username": flow.user.email, "password": flow.user.password}

    address = step.location + (more if place == "sign-in" else "")
    sent = flow.submit(address, **person, response_type="id_token token")
    answer = flow.go(sent.location + (more if place == "resumption" else ""))

    assert answer.location.startswith("https://app.example/cb?code=")
    assert "#" not in answer.location
    assert flow.redeem(answer.params["code"]).json["scope"] == "openid"


@attack("AZ-03")
def test_a_sealed_request_cannot_be_changed(authorizations):
    """It is authenticated: every letter of it counts."""
    flow = authorizations(signed_in=False)
    address = flow.authorize().location
    start = address.index("flow=") + len("flow=")
    for place in range(start, len(address) - 1, 37):
        letter = "A" if address[place] != "A" else "B"

        answer = flow.go(
            "/oauth2/authorize?" + f"flow={address[start:place]}{letter}{address[place + 1 :]}"
        )

        assert_error_page(answer)


@attack("AZ-03")
def test_a_sealed_request_is_of_no_use_in_another_browser(authorizations, new_client):
    """RFC 9700, section 4.7: nobody goes on with what another person began."""
    flow = authorizations(signed_in=False)
    sealed = flow.authorize().location.partition("?")[2]
    other = flow.elsewhere(new_client())
    other.authorize()
    other.sign_in()

    assert_error_page(other.go(f"/oauth2/authorize?{sealed}"))


@attack("AZ-03")
def test_a_sealed_request_is_of_no_use_without_the_cookie(authorizations, new_client):
    flow = authorizations(signed_in=False)
    sealed = flow.authorize().location.partition("?")[2]

    assert_error_page(flow.elsewhere(new_client()).go(f"/oauth2/authorize?{sealed}"))


@attack("AZ-03")
def test_a_cookie_that_somebody_planted_binds_nothing(authorizations):
    """Two of one name: one of them was put there, and nothing tells which."""
    flow = authorizations(signed_in=False)
    step = flow.authorize().location.replace("/sign-in", "/oauth2/authorize")
    flow.http.set_cookie(Cookies.of(flow.issuer).browser, "x" * 43, path="/oauth2")

    assert_error_page(flow.go(step))

    flow.http.delete_cookie(Cookies.of(flow.issuer).browser, path="/oauth2")
    assert flow.go(step).page == "/sign-in"


# Parameters ---------------------------------------------------------------------------------------


@attack("AZ-05")
@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("response_type", ["code", "code"]),
        ("response_mode", ["query", "fragment"]),
        ("nonce", ["a", "b"]),
        ("code_challenge", ["a" * 43, "b" * 43]),
        ("code_challenge_method", ["S256", "plain"]),
        ("scope", ["openid", "openid profile"]),
        ("prompt", ["login", "none"]),
        ("claims", ["{}", "{}"]),
        ("max_age", ["1", "2"]),
        ("id_token_hint", ["a", "b"]),
        ("login_hint", ["a", "b"]),
        ("acr_values", ["1", "2"]),
        ("nonsense", ["a", "b"]),
    ],
)
def test_a_parameter_must_not_be_sent_twice(flow, name, values):
    """RFC 6749, section 3.1; Authlib as documented takes two nonces."""
    assert_error(flow.authorize(**{name: values}), "invalid_request")


@attack("AZ-05")
def test_two_states_are_refused_and_none_is_invented(flow):
    """The client compares the answer with the one that it sent."""
    answer = flow.authorize(state=["a", "b"])

    assert answer.params["error"] == "invalid_request"
    assert answer.params["iss"] == flow.issuer
    assert answer.params.get("state") in (None, "a")


@attack("AZ-06")
def test_an_unknown_parameter_is_ignored(flow):
    """RFC 6749, section 3.1; oidcc-ensure-request-with-unknown-parameter-succeeds."""
    assert flow.authorize(extra="foobar").params["code"]


@attack("AZ-08")
def test_an_unknown_scope_is_left_out_and_the_client_is_told(flow):
    """RFC 6749, section 3.3."""
    tokens = flow.tokens(scope="openid bogus")

    assert tokens["scope"] == "openid"
    assert payload_of(tokens["access_token"])["scope"] == "openid"


@attack("AZ-08")
def test_a_scope_of_others_is_left_out(authorizations):
    """What exists and is not the client's is no more than unknown."""
    flow = authorizations(scope="openid email")

    assert flow.tokens(scope="openid profile manage email")["scope"] == "email openid"


@attack("AZ-08")
@pytest.mark.parametrize("scope", ["bogus", 'open"id', "openid  email", " openid", "openid\\", "é"])
def test_what_is_no_scope_at_all_is_refused(flow, scope):
    assert_error(flow.authorize(scope=scope), "invalid_scope")


@attack("AZ-14")
def test_the_code_flow_does_without_a_nonce(flow):
    """oidcc-ensure-request-without-nonce-succeeds-for-code-flow."""
    tokens = flow.tokens(nonce=None)

    assert "nonce" not in payload_of(tokens["id_token"])


@attack("AZ-15")
@pytest.mark.parametrize(
    "response_type", [name for name in FRONT_CHANNEL_TYPES if "id_token" in name]
)
def test_an_id_token_in_front_needs_a_nonce(hybrid, response_type):
    """OpenID Connect Core 1.0, section 3.3.2.11; oidcc-ensure-request-without-nonce-fails."""
    assert_error(hybrid.authorize(response_type=response_type, nonce=None), "invalid_request")


@attack("AZ-17")
@pytest.mark.parametrize("other", ["login", "consent", "select_account"])
def test_a_prompt_of_none_stands_alone(flow, other):
    """OpenID Connect Core 1.0, section 3.1.2.1."""
    assert_error(flow.authorize(prompt=f"none {other}"), "invalid_request")
    assert_error(flow.authorize(prompt=f"{other} none"), "invalid_request")


@attack("AZ-26")
@pytest.mark.parametrize(
    "wish",
    [
        {"display": "popup"},
        {"display": "nonsense"},
        {"acr_values": "1 2"},
        {"acr_values": "9"},
        {"ui_locales": "se tlh-piqd !!"},
        {"claims_locales": "se"},
        {"login_hint": "x" * 4000},
        {"claims": '{"id_token":{"nonsense":{"essential":true}}}'},
        {"claims": '{"id_token":{"acr":{"values":["9"]}}}'},
        {"claims": '{"nonsense":[1,2,3]}'},
    ],
)
def test_a_wish_that_cannot_be_met_is_no_error(flow, wish):
    """OpenID Connect Core 1.0, sections 3.1.2.1 and 5.5.1; oidcc-display-popup."""
    assert flow.authorize(**wish).params["code"]


_DEEP = "[" * 1000 + "]" * 1000


@attack("AZ-27")
@pytest.mark.parametrize(
    "claims",
    [
        "{",
        "[]",
        "null",
        "1",
        '"x"',
        '{"id_token":[]}',
        '{"id_token":"email"}',
        '{"id_token":{"email":"yes"}}',
        '{"id_token":{"email":{"essential":"yes"}}}',
        '{"userinfo":{"email":{"values":"x"}}}',
        '{"id_token":{"email":NaN}}',
        '{"id_token":{"sub":{"value":"\\ud800"}}}',
        '{"id_token":{"sub":{"value":"\\u0000"}}}',
        '{"id_token":{"\\udfff":null}}',
        '{"userinfo":{"\\u0000":null}}',
        '{"id_token":{"email":{"value":123456789012345678901234567890}}}',
        '{"id_token":{"email":{"value":1e999}}}',
        '{"id_token":{"email":null,"email":null}}',
        f'{{"id_token":{_DEEP}}}',
        f'{{"id_token":{{"email":{{"values":{_DEEP}}}}}}}',
        '{"a":' * 700 + "1" + "}" * 700,
        json.dumps({"id_token": {f"claim-{number}": None for number in range(400)}}),
    ],
)
def test_claims_that_cannot_be_read_are_refused(flow, claims):
    """OpenID Connect Core 1.0, section 5.5."""
    assert_error(flow.authorize(claims=claims), "invalid_request")
