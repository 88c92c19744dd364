"""Attacks on what the grants give, and to whom (rows GR-11 to GR-17)."""

from typing import Any

import pytest

from authserver.signing.service import SigningService
from tests.attacks.forgery import Pen, claims_of
from tests.attacks.rows import attack
from tests.support.relying_party import bearer

SCOPE = "openid profile reports:read"


@pytest.fixture
def svc(party) -> Any:
    """A client that acts for itself."""
    return party("svc", grant_types=["client_credentials"], scope=SCOPE)


@attack("GR-11")
def test_a_client_that_acts_for_itself_gets_no_refresh_token(svc):
    """RFC 6749, section 4.4.3."""
    answer = svc.token(grant_type="client_credentials")

    assert answer.json.keys() == {"access_token", "token_type", "expires_in", "scope"}


@attack("GR-11")
def test_a_client_that_acts_for_itself_is_the_subject(svc):
    """RFC 9068, section 2.2; it has the roles and the session of nobody."""
    claims = claims_of(svc.token(grant_type="client_credentials").json["access_token"])

    assert (claims["sub"], claims["client_id"]) == ("svc", "svc")
    assert not claims.keys() & {"roles", "sid", "auth_time", "amr", "acr", "email", "name"}


@attack("GR-12")
def test_a_public_client_cannot_act_for_itself(public_party):
    """RFC 6749, section 4.4: it has proved nothing."""
    answer = public_party.token(grant_type="client_credentials")

    assert (answer.status_code, answer.json["error"]) == (400, "unauthorized_client")


@attack("GR-12")
def test_a_public_client_cannot_even_if_its_row_says_so(public_party, rows):
    rows.sql(
        "UPDATE clients SET grant_types = '{client_credentials}' WHERE client_id = :client_id",
        client_id=public_party.credentials.client_id,
    )

    answer = public_party.token(grant_type="client_credentials")

    assert (answer.status_code, answer.json["error"]) == (400, "unauthorized_client")


@attack("GR-13")
@pytest.mark.parametrize("spell", [str, lambda id: str(id).upper(), lambda id: id.hex])
def test_a_client_cannot_have_the_id_of_a_user(client, admin_token, user, spell):
    """RFC 9068, section 5; ASVS 5.0, 10.3.3: nothing that reads as a UUID is a client's id."""
    answer = client.post(
        "/api/clients",
        json={
            "client_id": spell(user.id),
            "client_name": "Twin",
            "grant_types": ["client_credentials"],
        },
        headers=bearer(admin_token),
    )

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_client_metadata")


@attack("GR-13")
def test_the_token_of_a_client_is_that_of_no_user(client, party, settings):
    """Whatever the name: what needs a person refuses it."""
    one = party(
        "1",
        grant_types=["client_credentials"],
        scope="account openid",
        audience=[settings.api_audience],
    )
    token = one.token(grant_type="client_credentials").json["access_token"]

    answers = [
        client.post("/api/auth/logout", headers=bearer(token)),
        client.get("/oauth2/userinfo", headers=bearer(token)),
    ]

    assert [answer.status_code for answer in answers] == [401, 403]


@attack("GR-14")
def test_scopes_of_a_person_are_dropped_for_a_client(svc):
    """OpenID Connect Core, section 3: there is nobody to identify."""
    answer = svc.token(grant_type="client_credentials", scope="openid reports:read offline_access")

    assert answer.json["scope"] == "reports:read"
    assert "id_token" not in answer.json


@attack("GR-14")
def test_scopes_of_a_person_alone_are_refused_for_a_client(svc):
    answer = svc.token(grant_type="client_credentials", scope="openid profile")

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_scope")


@attack("GR-15")
def test_a_disabled_client_is_refused(client, svc, admin_token):
    """CVE-2025-64521, CVE-2024-47000; at once, though it was known a moment ago."""
    assert svc.token(grant_type="client_credentials").status_code == 200
    client.post("/api/clients/svc/disable", headers=bearer(admin_token))

    answer = svc.token(grant_type="client_credentials")

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


@attack("GR-15")
def test_the_tokens_of_a_disabled_client_are_inactive(client, svc, party, admin_token):
    observer = party(resource_server=True)
    token = svc.token(grant_type="client_credentials").json["access_token"]
    assert observer.introspect(token).json["active"] is True

    client.post("/api/clients/svc/disable", headers=bearer(admin_token))

    assert observer.introspect(token).json == {"active": False}


@attack("GR-17")
def test_an_access_token_is_no_refresh_token(relying_party, user):
    """CVE-2026-101023: the refresh grant of Gitea accepted access tokens."""
    tokens = relying_party.password(user).json

    answer = relying_party.refresh(tokens["access_token"])

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


@attack("GR-17")
@pytest.mark.parametrize("kind", ["JWT", "at+jwt", "rt+jwt", "logout+jwt", None])
def test_nothing_that_our_public_keys_verify_is_a_refresh_token(
    relying_party, user, services, kind
):
    """Not even what says so of itself, with the members of a refresh token that lives: an ID
    token, a log-out token or an access token of ours is signed by the same key."""
    claims = claims_of(relying_party.password(user).json["refresh_token"])
    key = services.get(SigningService).signing_key("ES256")
    header = {"alg": "ES256", "typ": kind, "kid": key.kid}
    if kind is None:
        del header["typ"]

    answer = relying_party.refresh(Pen.of(key).sign(claims, header))

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


@attack("GR-17")
def test_a_refresh_token_is_no_access_token(client, relying_party, user):
    token = relying_party.password(user).json["refresh_token"]

    answers = [
        client.get("/oauth2/userinfo", headers=bearer(token)),
        client.get(f"/api/users/{user.id}", headers=bearer(token)),
    ]

    assert [answer.status_code for answer in answers] == [401, 401]


@attack("GR-17")
@pytest.mark.parametrize(
    "grant_type", ["authorization_code", "urn:ietf:params:oauth:grant-type:device_code"]
)
def test_an_artefact_under_the_name_of_another_is_refused(relying_party, user, grant_type):
    """A refresh token as a code of either kind."""
    token = relying_party.password(user).json["refresh_token"]

    answer = relying_party.token(grant_type=grant_type, code=token, device_code=token)

    assert answer.status_code == 400
    assert answer.json["error"] in (
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
    )
