"""The REST API: the right person with a token that is not for this, and disabled persons."""

import pytest

from authserver.actor import SYSTEM
from authserver.users.service import UserService
from tests.attacks.rows import attack
from tests.support.relying_party import RelyingParty, bearer

API = "http://localhost:8000"


@attack("API-25")
@pytest.mark.parametrize("scope", ["openid", "openid profile email", "account", "users:write"])
def test_an_administrators_token_without_the_scope_administers_nothing(
    client, make_user, make_client, scope
):
    """RFC 6750, section 3.1: a client gets of a person's power what its scope says."""
    party = RelyingParty(client, make_client(audience=[API], scope=scope))
    token = party.password(make_user(roles=["admin"])).json["access_token"]

    answer = client.get("/api/users", headers=bearer(token))

    assert (answer.status_code, answer.json["code"]) == (403, "insufficient_scope")


@attack("API-25")
@pytest.mark.parametrize("scope", ["manage", "users:read"])
def test_the_scope_alone_is_not_enough_either(client, make_user, make_client, scope):
    """ASVS 10.3.2: a normal person gains nothing by a mighty client."""
    party = RelyingParty(client, make_client(audience=[API], scope=scope))
    token = party.password(make_user()).json["access_token"]

    answer = client.get("/api/users", headers=bearer(token))

    assert (answer.status_code, answer.json["code"]) == (403, "insufficient_permission")


@attack("API-25")
def test_a_token_for_another_audience_opens_nothing_here(client, make_user, make_client):
    """RFC 9068, section 4."""
    party = RelyingParty(client, make_client(scope="openid manage"))
    token = party.password(make_user(roles=["admin"])).json["access_token"]

    assert client.get("/api/users", headers=bearer(token)).status_code == 401


@attack("API-14")
def test_a_disabled_account_is_shut_out_on_every_path(
    client, services, make_client, make_user, sign_in
):
    """CVE-2025-53942, CVE-2024-47000: login, refresh, introspection, userinfo, the REST API. Codes
    and device codes pass the same gate when they come."""
    user = make_user()
    party = RelyingParty(client, make_client(audience=[API]))
    tokens, own = party.password(user).json, sign_in(user.email, user.password)
    login = {"email": user.email, "password": user.password}
    session = client.post("/api/auth/login", json=login).json

    services.get(UserService).disable(SYSTEM, None, user.id)

    unknown = client.post("/api/auth/login", json=login | {"email": "nobody@example.com"})
    refused = client.post("/api/auth/login", json=login)
    assert (refused.status_code, refused.data) == (unknown.status_code, unknown.data)
    assert party.password(user).json["error"] == "invalid_grant"
    assert party.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"
    refresh = client.post("/api/auth/refresh", json={"refreshToken": session["refreshToken"]})
    assert refresh.status_code == 401
    for token in (tokens["access_token"], tokens["refresh_token"]):
        assert party.introspect(token).json == {"active": False}
    assert client.get("/oauth2/userinfo", headers=bearer(own)).status_code == 401
    assert client.get(f"/api/users/{user.id}", headers=bearer(own)).status_code == 401


@attack("API-14")
def test_what_was_dead_stays_dead_when_the_account_is_enabled_again(
    client, services, relying_party, make_user
):
    """Invariant 4: the credential generation has moved on."""
    user, users = make_user(), services.get(UserService)
    tokens = relying_party.password(user).json
    users.disable(SYSTEM, None, user.id)
    users.enable(SYSTEM, None, user.id)

    assert relying_party.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"
    assert relying_party.introspect(tokens["access_token"]).json == {"active": False}
    assert relying_party.password(user).status_code == 200
