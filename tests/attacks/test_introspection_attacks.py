"""Attacks on the introspection endpoint (rows RI-09 to RI-17)."""

import secrets
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from authserver.signing.service import SigningService
from tests.attacks.forgery import Pen, claims_of, compact, header_of
from tests.attacks.rows import attack
from tests.support.relying_party import basic

INTROSPECT = "/oauth2/introspect"
INACTIVE = {"active": False}


@pytest.fixture
def tokens(relying_party, user) -> dict[str, Any]:
    answer: dict[str, Any] = relying_party.password(user).json
    return answer


@attack("RI-09")
def test_nobody_introspects_anonymously(client, tokens):
    """RFC 7662, section 2.1."""
    answer = client.post(INTROSPECT, data={"token": tokens["access_token"]})

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


@attack("RI-09")
def test_a_public_client_may_not_introspect(public_party, user):
    """RFC 7662, section 4: not even its own tokens, for it has proved nothing."""
    token = public_party.password(user).json["access_token"]

    answer = public_party.introspect(token)

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


@attack("RI-10")
def test_a_client_outside_the_audience_learns_nothing(party, user):
    """CVE-2026-37979, CVE-2026-18208."""
    party("svc-a")
    token = party(audience=["svc-a"]).password(user).json["access_token"]

    answer = party("svc-b").introspect(token)

    assert (answer.status_code, answer.json) == (200, INACTIVE)


@attack("RI-10")
def test_a_client_outside_the_audience_learns_nothing_by_asking_for_a_jwt(party, user):
    """RFC 9701 is not supported; an Accept header opens no second way."""
    token = party(audience=["svc-a"]).password(user).json["access_token"]

    answer = party("svc-b").post(
        INTROSPECT, {"token": token}, Accept="application/token-introspection+jwt"
    )

    assert (answer.mimetype, answer.json) == ("application/json", INACTIVE)


@attack("RI-10")
def test_a_client_in_the_audience_learns_of_the_token(party, user):
    """The two tests above fail for the audience, and for nothing else."""
    audience = party("svc-a")
    token = party(audience=["svc-a"]).password(user).json["access_token"]

    assert audience.introspect(token).json["active"] is True


@attack("RI-11")
def test_random_strings_are_inactive(relying_party):
    """RFC 7662, section 2.2: no error tells the form of a token. The row says 10 000."""
    for length in range(1, 501):
        for token in (secrets.token_urlsafe(length), ".".join([secrets.token_urlsafe(length)] * 3)):
            answer = relying_party.introspect(token)
            assert (answer.status_code, answer.json) == (200, INACTIVE)


@attack("RI-11")
@pytest.mark.parametrize(
    "token", ["é", "\N{GRINNING FACE}", "..", "....", "' OR 1=1 --", "{}", "null", "eyJ9.eyJ9.eyJ9"]
)
def test_strange_strings_are_inactive(relying_party, token):
    answer = relying_party.introspect(token)

    assert (answer.status_code, answer.json) == (200, INACTIVE)


@attack("RI-12")
@pytest.mark.parametrize("alg", ["none", "None", "nOnE", ""])
def test_a_token_without_signature_is_inactive(relying_party, tokens, alg):
    """RFC 8725, section 3.1."""
    token = tokens["access_token"]
    forged = compact(header_of(token) | {"alg": alg}, claims_of(token))

    assert relying_party.introspect(forged).json == INACTIVE


@attack("RI-12")
def test_a_token_by_a_foreign_key_is_inactive(relying_party, tokens):
    """Under the id of ours, and under its own."""
    token = tokens["access_token"]
    foreign = Pen(ec.generate_private_key(ec.SECP256R1()), header_of(token))

    for header in header_of(token), header_of(token) | {"kid": "mine"}:
        assert relying_party.introspect(foreign.sign(claims_of(token), header)).json == INACTIVE


@pytest.fixture
def resigned(services, tokens) -> Any:
    """``resigned(exp=...)``: the access token with other claims, signed by our own key."""
    pen = Pen.of(services.get(SigningService).signing_key("ES256"))
    return lambda **changes: pen.sign(claims_of(tokens["access_token"]) | changes)


@attack("RI-12")
def test_a_token_that_we_would_have_signed_is_active(relying_party, resigned):
    """The tests below fail for what they change, and for nothing else."""
    assert relying_party.introspect(resigned()).json["active"] is True


@attack("RI-12")
@pytest.mark.parametrize("shift", [-300, -301, -10_000])
def test_an_expired_token_is_inactive(relying_party, resigned, tokens, shift):
    """At the second of its end, and with no leeway: it was issued for 300 seconds."""
    claims = claims_of(tokens["access_token"])

    expired = resigned(exp=claims["exp"] + shift, iat=claims["iat"] + shift)

    assert relying_party.introspect(expired).json == INACTIVE


@attack("RI-12")
@pytest.mark.parametrize("name", ["nbf", "iat"])
def test_a_token_of_the_future_is_inactive(relying_party, resigned, tokens, name):
    future = claims_of(tokens["access_token"])["iat"] + 200

    assert relying_party.introspect(resigned(**{name: future})).json == INACTIVE


@attack("RI-14")
def test_a_resource_server_learns_nothing_of_a_refresh_token(party, tokens):
    """RFC 7662, section 4: whoever is shown one has no business with it, whatever its rights."""
    observers = [party(), party(resource_server=True), party("https-api", audience=[])]

    for observer in observers:
        assert observer.introspect(tokens["refresh_token"]).json == INACTIVE


@attack("RI-14")
def test_only_the_present_refresh_token_is_active_to_its_client(relying_party, tokens):
    first = tokens["refresh_token"]
    assert relying_party.introspect(first).json["active"] is True

    second = relying_party.refresh(first).json["refresh_token"]

    assert relying_party.introspect(first).json == INACTIVE
    assert relying_party.introspect(second).json["active"] is True


@attack("RI-16")
@pytest.mark.parametrize("kind", ["access_token", "refresh_token", "garbage"])
def test_nobody_stores_the_answer(relying_party, tokens, kind):
    """RFC 7662, section 4."""
    answer = relying_party.introspect(tokens.get(kind, "garbage"))

    assert answer.headers["Cache-Control"] == "no-store"


@attack("RI-16")
def test_the_answer_is_of_this_moment(relying_party, tokens):
    """Nor do we store it."""
    assert relying_party.introspect(tokens["access_token"]).json["active"] is True

    relying_party.revoke(tokens["refresh_token"])

    assert relying_party.introspect(tokens["access_token"]).json == INACTIVE


@attack("RI-17")
def test_nothing_is_introspected_by_get(client, relying_party, tokens):
    """RFC 7662, section 2.1: a token has no place in an address."""
    credentials = relying_party.credentials

    answer = client.get(
        f"{INTROSPECT}?token={tokens['access_token']}",
        headers=basic(credentials.client_id, credentials.secret),
    )

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
