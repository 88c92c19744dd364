"""Token revocation (RFC 7009)."""

import pytest

from tests.support.jwks_verifier import payload_of
from tests.support.relying_party import bearer
from tests.support.session_rows import session_id_of

INACTIVE = {"active": False}


def test_revoking_a_refresh_token_ends_its_session(relying_party, tokens):
    """RFC 7009, section 2.1."""
    relying_party.revoke(tokens["refresh_token"])

    assert relying_party.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"


def test_revoking_a_refresh_token_makes_its_access_tokens_inactive(relying_party, tokens):
    """RFC 7009, section 2.1: all access tokens of the same grant as well."""
    relying_party.revoke(tokens["refresh_token"])

    assert relying_party.introspect(tokens["access_token"]).json == INACTIVE


def test_a_used_refresh_token_ends_its_session_as_well(relying_party, tokens):
    """A client that lost the last answer can still sign out."""
    successor = relying_party.refresh(tokens["refresh_token"]).json["refresh_token"]

    relying_party.revoke(tokens["refresh_token"])

    assert relying_party.refresh(successor).json["error"] == "invalid_grant"


def test_a_revoked_access_token_is_inactive(relying_party, tokens):
    relying_party.revoke(tokens["access_token"])

    assert relying_party.introspect(tokens["access_token"]).json == INACTIVE


def test_a_revoked_access_token_is_refused_at_userinfo(client, relying_party, tokens):
    relying_party.revoke(tokens["access_token"])

    answer = client.get("/oauth2/userinfo", headers=bearer(tokens["access_token"]))
    assert answer.status_code == 401


def test_revoking_an_access_token_leaves_the_session_alone(relying_party, tokens):
    """RFC 7009, section 2.1: it may; ours does not."""
    relying_party.revoke(tokens["access_token"])

    successor = relying_party.refresh(tokens["refresh_token"])
    assert relying_party.introspect(successor.json["access_token"]).json["active"]


def test_a_client_may_revoke_a_token_of_its_own(relying_party):
    token = relying_party.token(grant_type="client_credentials").json["access_token"]

    relying_party.revoke(token)

    assert relying_party.introspect(token).json == INACTIVE


def test_a_public_client_may_revoke_its_own_token(public_party, user):
    """RFC 7009, section 2.1."""
    token = public_party.password(user).json["refresh_token"]

    answer = public_party.revoke(token)

    assert answer.status_code == 200
    assert public_party.refresh(token).json["error"] == "invalid_grant"


def test_the_answer_is_an_empty_object(relying_party, tokens):
    """protocol.md, What real clients taught: oidc-client-ts refuses anything but JSON."""
    answer = relying_party.revoke(tokens["refresh_token"])

    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert answer.json == {}


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_a_token_may_be_revoked_twice(relying_party, tokens, kind):
    relying_party.revoke(tokens[kind])

    assert relying_party.revoke(tokens[kind]).status_code == 200


@pytest.mark.parametrize("token", ["x", "a.b.c", "a" * 9000, "\u00e9", "eyJhbGciOiJub25lIn0.e30."])
def test_garbage_is_no_error(relying_party, token):
    """RFC 7009, section 2.2."""
    assert relying_party.revoke(token).status_code == 200


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_a_token_of_another_client_stays_alive(relying_party, another_party, tokens, kind):
    """RFC 7009, section 2.1; the answer does not tell."""
    answer = another_party.revoke(tokens[kind])

    assert answer.status_code == 200
    assert relying_party.introspect(tokens[kind]).json["active"]


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "nonsense"])
def test_a_wrong_hint_does_no_harm(relying_party, tokens, hint):
    """RFC 7009, section 2.1."""
    relying_party.revoke(tokens["refresh_token"], token_type_hint=hint)

    assert relying_party.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"


def test_a_token_is_required(relying_party):
    answer = relying_party.post("/oauth2/revoke", {})

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_a_client_must_authenticate(relying_party, tokens):
    """RFC 7009, section 2.1."""
    answer = relying_party.post(
        "/oauth2/revoke", {"token": tokens["refresh_token"]}, Authorization="Basic eDp5"
    )

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


def test_the_end_of_a_session_is_recorded_with_its_reason(relying_party, tokens, rows):
    """ASVS 5.0, 16.3.1."""
    relying_party.revoke(tokens["refresh_token"])

    (event,) = rows.events("session.ended")
    session_id = str(session_id_of(tokens["refresh_token"]))
    assert event.detail == {"session_id": session_id, "reason": "revoked"}


def test_the_revocation_of_an_access_token_is_recorded_by_its_id(relying_party, tokens, rows):
    relying_party.revoke(tokens["access_token"])

    (event,) = rows.events("token.revoked")
    claims = payload_of(tokens["access_token"])
    assert event.detail == {"jti": claims["jti"], "session_id": claims["sid"]}


def test_a_revocation_is_kept_no_longer_than_the_token_would_have_lived(
    relying_party, tokens, rows
):
    relying_party.revoke(tokens["access_token"])

    (kept,) = rows.sql("SELECT * FROM revoked_access_tokens")
    assert kept.expires_at.timestamp() == payload_of(tokens["access_token"])["exp"]
