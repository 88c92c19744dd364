"""Attacks on the revocation endpoint (rows RI-03 to RI-08)."""

from typing import Any

import pytest

from tests.attacks.forgery import claims_of, compact, header_of
from tests.attacks.rows import attack
from tests.support.relying_party import basic

REVOKE = "/oauth2/revoke"


@pytest.fixture
def tokens(relying_party, user) -> dict[str, Any]:
    answer: dict[str, Any] = relying_party.password(user).json
    return answer


@attack("RI-03")
@pytest.mark.parametrize(
    "token", ["xxx", "a.b.c", "é", "'", "x" * 10_000, "eyJhbGciOiJub25lIn0.e30."]
)
def test_revoking_what_is_no_token_succeeds(relying_party, token):
    """RFC 7009, section 2.2."""
    answer = relying_party.revoke(token)

    assert (answer.status_code, answer.json) == (200, {})


@attack("RI-03")
def test_revoking_what_has_ended_succeeds(relying_party, tokens):
    """And again: the answer tells nothing of the token."""
    for token in (tokens["refresh_token"], tokens["access_token"]) * 2:
        answer = relying_party.revoke(token)
        assert (answer.status_code, answer.json) == (200, {})


@attack("RI-03")
def test_a_forged_token_revokes_nothing(relying_party, tokens):
    for token in tokens["refresh_token"], tokens["access_token"]:
        forged = compact(header_of(token) | {"alg": "none"}, claims_of(token))
        assert relying_party.revoke(forged).status_code == 200

    assert relying_party.introspect(tokens["access_token"]).json["active"] is True
    assert relying_party.refresh(tokens["refresh_token"]).status_code == 200


@attack("RI-04")
@pytest.mark.parametrize("kind", ["refresh_token", "access_token"])
def test_a_client_cannot_revoke_the_token_of_another(relying_party, party, tokens, kind):
    """CVE-2016-6582."""
    answer = party().revoke(tokens[kind])

    assert answer.status_code == 200
    assert relying_party.introspect(tokens["access_token"]).json["active"] is True
    assert relying_party.refresh(tokens["refresh_token"]).status_code == 200


@attack("RI-04")
def test_a_public_client_cannot_revoke_the_token_of_another(relying_party, public_party, tokens):
    """CVE-2018-1000211: Doorkeeper did not ask whose token it was."""
    public_party.revoke(tokens["refresh_token"])

    assert relying_party.refresh(tokens["refresh_token"]).status_code == 200


@attack("RI-05")
def test_a_public_client_may_revoke_its_own_token(public_party, user):
    token = public_party.password(user).json["refresh_token"]

    answer = public_party.revoke(token)

    assert answer.status_code == 200
    assert public_party.refresh(token).status_code == 400


@attack("RI-06")
@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "id_token", "x"])
@pytest.mark.parametrize("kind", ["refresh_token", "access_token"])
def test_a_hint_changes_nothing(relying_party, tokens, kind, hint):
    """RFC 7009, section 2.1."""
    answer = relying_party.revoke(tokens[kind], token_type_hint=hint)

    assert answer.status_code == 200
    assert relying_party.introspect(tokens[kind]).json == {"active": False}


@attack("RI-07")
def test_a_request_without_token_is_malformed(relying_party):
    answer = relying_party.post(REVOKE, {})

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


@attack("RI-07")
def test_nobody_revokes_anonymously(client, relying_party, tokens):
    """RFC 7009, section 2.1."""
    answer = client.post(REVOKE, data={"token": tokens["refresh_token"]})

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    assert relying_party.refresh(tokens["refresh_token"]).status_code == 200


@attack("RI-08")
@pytest.mark.parametrize("query", ["", "&callback=x"])
def test_nothing_is_revoked_by_get(client, relying_party, tokens, query):
    """RFC 7009, section 2: JSONP was for browsers before CORS."""
    credentials = relying_party.credentials

    answer = client.get(
        f"{REVOKE}?token={tokens['refresh_token']}{query}",
        headers=basic(credentials.client_id, credentials.secret),
    )

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert relying_party.refresh(tokens["refresh_token"]).status_code == 200


@attack("RI-08")
def test_no_callback_is_called(relying_party, tokens):
    """ASVS 5.0, 3.5.6: the answer is JSON, which no script element runs."""
    answer = relying_party.revoke(tokens["refresh_token"], callback="steal")

    assert (answer.headers["Content-Type"], answer.data) == ("application/json", b"{}")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
