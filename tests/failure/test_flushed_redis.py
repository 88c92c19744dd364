"""Redis forgets everything, or hears the question of somebody else: nothing rests on it."""

from collections.abc import Callable

import pytest
from flask import Flask
from redis import Redis

from authserver.settings import Settings
from authserver.storage.cache import RedisCache
from authserver.storage.redis import RedisDoor
from authserver.wiring import Services
from tests.attacks.rows import attack
from tests.factories.users import UserFactory
from tests.support.bad_network import bad_network_to
from tests.support.client_keys import ClientKey, assertion_claims, key_set, post_assertion
from tests.support.first_party import FirstParty
from tests.support.relying_party import bearer


@pytest.fixture
def flush(settings: Settings) -> Callable[[], None]:
    def flush() -> None:
        with Redis.from_url(settings.redis_url) as redis:
            redis.flushall()

    return flush


@attack("FT-13")
def test_what_was_revoked_stays_revoked(relying_party, make_user, client, flush) -> None:
    tokens = relying_party.password(make_user()).json
    relying_party.revoke(tokens["access_token"])

    flush()

    headers = bearer(tokens["access_token"])
    assert client.get("/oauth2/userinfo", headers=headers).status_code == 401
    assert relying_party.introspect(tokens["access_token"]).json == {"active": False}


@attack("FT-13")
def test_a_session_that_was_ended_stays_ended(relying_party, make_user, flush) -> None:
    tokens = relying_party.password(make_user()).json
    relying_party.revoke(tokens["refresh_token"])

    flush()

    assert relying_party.refresh(tokens["refresh_token"]).status_code == 400


@attack("FT-13")
def test_who_is_locked_out_stays_locked_out(
    make_app: Callable[..., tuple[Flask, Services]], flush: Callable[[], None]
) -> None:
    app, services = make_app(lockout_threshold=3)
    first_party, user = FirstParty(app.test_client()), UserFactory(services)()
    for _ in range(3):
        first_party.log_in(user, "wrong password 47")
    assert first_party.log_in(user).status_code == 429

    flush()

    assert first_party.log_in(user).status_code == 429


@attack("FT-13")
def test_an_assertion_that_was_used_stays_used(client, make_client, flush) -> None:
    """RFC 7523, section 3: its jti is remembered where nothing is forgotten."""
    key = ClientKey()
    party = make_client(
        token_endpoint_auth_method="private_key_jwt",
        jwks=key_set(key),
        grant_types=["client_credentials"],
    )
    assertion = key.sign(assertion_claims(party.client_id))
    assert post_assertion(client, assertion).status_code == 200

    flush()

    assert post_assertion(client, assertion).status_code == 401


@attack("FT-16")
def test_an_answer_to_the_question_of_somebody_else_is_not_believed(settings: Settings) -> None:
    """CVE-2023-28858, CVE-2023-28859: values know to which key they belong."""
    cache = RedisCache(RedisDoor(settings.redis_url))
    cache.put("profile:una", {"email": "una@example.com"}, 30)
    cache.put("profile:otto", {"email": "otto@example.com"}, 30)
    with Redis.from_url(settings.redis_url) as redis:
        first, second = redis.keys("authserver:cache:*")
        one, other = redis.get(first), redis.get(second)
        redis.set(first, other)
        redis.set(second, one)

    assert [cache.get("profile:una"), cache.get("profile:otto")] == [None, None]


@attack("FT-16")
def test_an_answer_that_comes_too_late_is_nobodys(settings: Settings) -> None:
    """Each question is given up in the middle; the next one uses no connection of before."""
    with bad_network_to(settings.redis_url) as (url, network):
        door = RedisDoor(url)
        cache = RedisCache(door)
        values = {f"key {number}": number for number in range(5)}
        for key, value in values.items():
            cache.put(key, value, 30)
        found = []
        for key in values:
            network.latency = 0.2
            found.append(cache.get(key))
            network.latency = 0.0
            door._closed_until = 0.0
            found.append(cache.get(key))

    assert found == [each for value in values.values() for each in (None, value)]


@attack("FT-17")
def test_a_role_that_was_taken_is_shown_no_more(
    client, services, make_user, admin_token, sign_in
) -> None:
    """GHSA-x883-2vmg-xwf7: what is cached is forgotten together with the change."""
    user = make_user(roles=["admin"])
    headers = bearer(sign_in(user.email, user.password))
    path = f"/api/users/{user.id}"
    assert client.get(path, headers=headers).json["roles"] == ["admin", "user"]
    roles = client.get("/api/roles", headers=bearer(admin_token)).json["items"]
    admin = next(role["id"] for role in roles if role["name"] == "admin")

    taken = client.delete(f"{path}/roles/{admin}", headers=bearer(admin_token))

    assert taken.status_code < 300, taken.text
    assert client.get(path, headers=headers).json["roles"] == ["user"]
    assert client.get("/api/users", headers=headers).status_code == 403


def test_of_what_was_flushed_nothing_is_missing(client, make_user, sign_in, flush) -> None:
    """A cache is filled again by whoever asks."""
    user = make_user()
    headers = bearer(sign_in(user.email, user.password))
    before = client.get(f"/api/users/{user.id}", headers=headers).json

    flush()

    assert client.get(f"/api/users/{user.id}", headers=headers).json == before
