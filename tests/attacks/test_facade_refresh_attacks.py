"""The rules of refresh tokens at the seed's ``/api/auth/refresh`` (row RF-39, ASVS 5.0, 6.3.4)."""

from typing import Any

import pytest

from authserver.actor import SYSTEM
from authserver.users.service import UserService
from tests.attacks.rows import attack
from tests.support.session_rows import session_id_of


@pytest.fixture
def refresh(client) -> Any:
    """Send a refresh token to the facade."""
    return lambda token: client.post("/api/auth/refresh", json={"refreshToken": token})


@pytest.fixture
def first(client, user) -> str:
    """The refresh token of a sign-in at the facade."""
    body = {"email": user.email, "password": user.password}
    return str(client.post("/api/auth/login", json=body).json["refreshToken"])


def assert_invalid_grant(answer: Any) -> None:
    assert (answer.status_code, answer.json["code"]) == (401, "invalid_grant")
    assert answer.json.keys() == {"code", "message"}


@attack("RF-39")
def test_a_refresh_gives_the_next_token(refresh, first):
    answer = refresh(first)

    assert answer.status_code == 200
    assert answer.json.keys() == {"accessToken", "refreshToken", "tokenType", "expiresIn"}
    assert answer.json["refreshToken"] != first


@attack("RF-39")
def test_reuse_ends_the_session(refresh, first):
    """RFC 9700, section 4.14.2."""
    second = refresh(first).json["refreshToken"]
    third = refresh(second).json["refreshToken"]

    assert_invalid_grant(refresh(first))

    assert_invalid_grant(refresh(third))


@attack("RF-39")
def test_the_predecessor_past_the_leeway_is_reuse(refresh, first, rows, settings):
    second = refresh(first).json["refreshToken"]
    rows.age(session_id_of(first), settings.refresh_leeway + 1)

    assert_invalid_grant(refresh(first))

    assert_invalid_grant(refresh(second))


@attack("RF-39")
def test_a_retry_within_the_leeway_gets_the_same_successor(refresh, first):
    second = refresh(first).json["refreshToken"]

    assert refresh(first).json["refreshToken"] == second


@attack("RF-39")
def test_the_token_of_another_client_is_refused(refresh, relying_party, user):
    """And goes on working for its own."""
    foreign = relying_party.password(user).json["refresh_token"]

    assert_invalid_grant(refresh(foreign))

    assert relying_party.refresh(foreign).status_code == 200


@attack("RF-39")
def test_the_token_of_the_facade_is_refused_to_other_clients(refresh, first, relying_party):
    answer = relying_party.refresh(first)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")
    assert refresh(first).status_code == 200


@attack("RF-39")
def test_a_disabled_user_is_refused(refresh, first, user, services):
    services.get(UserService).disable(SYSTEM, None, user.id)

    assert_invalid_grant(refresh(first))


@attack("RF-39")
@pytest.mark.parametrize("token", ["x", "a.b.c", "é", "\x00", " ", "x" * 10_000])
def test_garbage_is_refused(refresh, token):
    assert_invalid_grant(refresh(token))


@attack("RF-39")
@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"refreshToken": null}',
        '{"refreshToken": 1}',
        '{"refreshToken": ["x"]}',
        '{"refreshToken": "x", "scope": "manage"}',
        '["x"]',
        '"x"',
        "null",
        "",
    ],
)
def test_a_body_of_another_form_is_malformed(client, body):
    answer = client.post("/api/auth/refresh", data=body, content_type="application/json")

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")
