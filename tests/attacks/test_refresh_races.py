"""Refreshes while the session is being ended (rows RF-08 and RF-09): what was born lives not.

Each race is run many times, with threads, connections and commits as in production.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from authserver.roles.service import RoleService
from tests.attacks.forgery import claims_of
from tests.attacks.races import together
from tests.attacks.rows import attack
from tests.support.relying_party import RelyingParty, bearer

ROUNDS = 15
STEPS = 8


@pytest.fixture
def twin(relying_party, new_client) -> RelyingParty:
    """The same client over a connection of its own, for the other thread."""
    return replace(relying_party, http=new_client())


def keep_refreshing(party: RelyingParty, token: str) -> list[dict[str, Any]]:
    """Refresh until that fails, a few times; the successful answers."""
    found: list[dict[str, Any]] = []
    for _ in range(STEPS):
        answer = party.refresh(token)
        if answer.status_code != 200:
            assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")
            break
        found.append(answer.json)
        token = answer.json["refresh_token"]
    return found


def assert_no_survivor(party: RelyingParty, family: list[dict[str, Any]]) -> None:
    """First what only looks, and then the newest token: its reuse would end the session itself."""
    for tokens in family:
        assert party.introspect(tokens["access_token"]).json == {"active": False}
        assert party.introspect(tokens["refresh_token"]).json == {"active": False}
    assert party.refresh(family[-1]["refresh_token"]).status_code == 400


@attack("RF-08")
@pytest.mark.parametrize("attempt", range(ROUNDS))
def test_nothing_survives_a_revocation_during_refreshes(relying_party, twin, user, attempt):
    """Keycloak #51312; once the revocation was acknowledged, no matter who was first."""
    first = relying_party.password(user).json

    born, revocation = together(
        lambda: keep_refreshing(relying_party, first["refresh_token"]),
        lambda: twin.revoke(first["refresh_token"]),
    )

    assert revocation.status_code == 200
    assert_no_survivor(relying_party, [first, *born])


@pytest.fixture
def disable(new_client, admin_token) -> Callable[[Any], Any]:
    """An administrator disables a user."""
    other = new_client()
    return lambda user: other.post(f"/api/users/{user.id}/disable", headers=bearer(admin_token))


@pytest.fixture
def delete(new_client, admin_token) -> Callable[[Any], Any]:
    """An administrator deletes a user."""
    other = new_client()
    return lambda user: other.delete(f"/api/users/{user.id}", headers=bearer(admin_token))


@pytest.fixture
def change_password(new_client, user) -> Callable[[Any], Any]:
    """The user changes the password from another session."""
    other = new_client()
    login = {"email": user.email, "password": user.password}
    token = other.post("/api/auth/login", json=login).json["accessToken"]
    body = {"current_password": user.password, "new_password": "another staple for the battery"}
    return lambda user: other.put(
        f"/api/users/{user.id}/password", json=body, headers=bearer(token)
    )


@attack("RF-09")
@pytest.mark.parametrize("change", ["disable", "delete", "change_password"])
@pytest.mark.parametrize("attempt", range(ROUNDS // 3))
def test_nothing_survives_a_change_of_the_user_during_refreshes(
    relying_party, user, change, attempt, request
):
    """A descendant born while its user was shut out is rejected: fail closed."""
    act = request.getfixturevalue(change)
    first = relying_party.password(user).json

    born, changed = together(
        lambda: keep_refreshing(relying_party, first["refresh_token"]), lambda: act(user)
    )

    assert changed.status_code == 204
    assert_no_survivor(relying_party, [first, *born])


@attack("RF-09")
@pytest.mark.parametrize("attempt", range(ROUNDS // 3))
def test_a_role_is_of_no_use_once_it_was_taken_away_during_refreshes(
    client, new_client, make_user, admin_token, services, attempt
):
    """A token born meanwhile may still carry the role; our own API asks for what holds now, and
    the next token is without it."""
    user, other = make_user(roles=["admin"]), new_client()
    admin = next(role for role in services.get(RoleService).list() if role.name == "admin")
    login = {"email": user.email, "password": user.password}
    tokens = client.post("/api/auth/login", json=login).json

    born, _ = together(
        lambda: _refresh_at_facade(client, tokens["refreshToken"]),
        lambda: other.delete(f"/api/users/{user.id}/roles/{admin.id}", headers=bearer(admin_token)),
    )

    for found in [tokens, *born]:
        answer = client.get("/api/users", headers=bearer(found["accessToken"]))
        assert (answer.status_code, answer.json["code"]) == (403, "insufficient_permission")
    (last,) = _refresh_at_facade(client, [tokens, *born][-1]["refreshToken"], steps=1)
    assert claims_of(last["accessToken"])["roles"] == ["user"]


def _refresh_at_facade(client: Any, token: str, steps: int = STEPS) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for _ in range(steps):
        answer = client.post("/api/auth/refresh", json={"refreshToken": token})
        assert answer.status_code == 200
        found.append(answer.json)
        token = answer.json["refreshToken"]
    return found


def test_an_administrator_may_list_users(client, make_user):
    """The race above fails for the role that was taken away, and for nothing else."""
    user = make_user(roles=["admin"])
    login = {"email": user.email, "password": user.password}
    token = client.post("/api/auth/login", json=login).json["accessToken"]

    assert client.get("/api/users", headers=bearer(token)).status_code == 200
