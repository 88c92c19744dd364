"""Redis: text that wants to be a command or a key, and values that somebody else wrote there."""

import pickle
import re
import time

import pytest
from redis import Redis

from authserver.actor import SYSTEM
from authserver.roles.permissions import ALL
from authserver.roles.service import RoleService
from authserver.storage.cache import RedisCache
from authserver.wiring import Stores
from tests.attacks.rows import attack
from tests.support.relying_party import bearer

PASSWORD = "another good one 47"


@pytest.fixture
def headers(admin_token):
    return bearer(admin_token)


@pytest.fixture
def redis(services):
    with Redis.from_url(services.settings.redis_url) as redis:
        yield redis


@attack("IN-16")
def test_no_command_reaches_redis_by_a_name(client, make_user, redis):
    """ASVS 1.3.9."""
    redis.set("sentinel", "still here")
    user = make_user()

    for text in ("x\r\nFLUSHALL\r\n", "x\nDEL sentinel", "*1\r\n$8\r\nFLUSHALL\r\n"):
        for name in (text, f"{user.email}{text}"):
            client.post("/api/auth/login", json={"email": name, "password": PASSWORD})

    assert redis.get("sentinel") == b"still here"


@attack("IN-16")
def test_every_key_in_redis_is_a_digest(client, headers, make_user, redis):
    """CWE-943: no separator in a name makes it the key of somebody else."""
    for name in ("a:b", "a:b:c", "profile:x", "LIMITS:login", make_user().email):
        client.post("/api/auth/login", json={"email": name, "password": PASSWORD})
    client.get("/api/users", headers=headers)

    keys = [key.decode() for key in redis.scan_iter()]

    assert keys
    for key in keys:
        assert re.fullmatch(
            r"authserver:(cache:[0-9a-f]{64}|limit:\{?LIMITER(/[0-9a-f]{32})+[/\w]+\}?(/-1)?)", key
        )


class Bomb:
    """What unpickling runs."""

    def __reduce__(self):
        return (time.sleep, (5,))


@attack("IN-17")
@pytest.mark.parametrize(
    "stored",
    [
        pickle.dumps(Bomb()),
        b"!!python/object/apply:time.sleep [5]",
        b"{",
        b"[1]",
        b"null",
        b'{"names": ["admin"], "permissions": 7}',
        b'{"names": "admin", "permissions": "users:read"}',
        b'{"names": ["admin"], "permissions": [[1]]}',
        b'{"names": [["admin"]], "permissions": []}',
        b'"admin"',
        b"\xff\xfe",
    ],
    ids=lambda stored: repr(stored[:12]),
)
@pytest.mark.parametrize("form", [b"%b", b'["%b",%b]'], ids=["bare", "as ours"])
def test_what_somebody_wrote_into_the_cache_is_not_run(
    client, services, make_user, sign_in, redis, stored, form
):
    """ASVS 1.5.2: JSON of the expected shape or nothing; no role comes of it. Ours begins with the
    name of its key."""
    user = make_user()
    headers = bearer(sign_in(user.email, user.password))
    path = f"/api/users/{user.id}"
    client.get(path, headers=headers)
    assert isinstance(services.get(Stores).cache, RedisCache)
    cached = [key for key in redis.scan_iter() if key.startswith(b"authserver:cache:")]
    assert cached
    for key in cached:
        redis.set(key, form % ((key, stored) if b"[" in form else stored))

    answer = client.get(path, headers=headers)

    assert (answer.status_code, answer.json["roles"]) == (200, ["user"])
    assert client.get("/api/users", headers=headers).status_code == 403


def _know(services, user_id, *permissions):
    """Make the cache say that the user has these permissions."""
    holding = {"names": ["admin"], "permissions": permissions}
    services.get(Stores).cache.put(f"permissions:{user_id}", holding, 30)


@attack("IN-17")
def test_whoever_writes_redis_has_no_more_permissions(client, services, make_user, sign_in):
    """CWE-345: one SET made an administrator."""
    user = make_user()
    headers = bearer(sign_in(user.email, user.password))
    _know(services, user.id, *ALL)

    answers = [client.get(path, headers=headers) for path in ("/api/users", "/api/audit")]

    assert client.get(f"/api/users/{user.id}", headers=headers).json["roles"] == ["admin"]
    assert [answer.status_code for answer in answers] == [403, 403]


@attack("IN-17")
def test_whoever_writes_redis_takes_nobodys_permissions(client, services, make_user, sign_in):
    admin = make_user(roles=["admin"])
    headers = bearer(sign_in(admin.email, admin.password))
    _know(services, admin.id)

    assert client.get("/api/users", headers=headers).status_code == 200


@attack("IN-17")
def test_a_demotion_counts_at_once_when_redis_has_not_heard_of_it(
    client, services, make_user, sign_in
):
    """ASVS 8.3.2: Redis was lost at that moment."""
    make_user(roles=["admin"])
    demoted = make_user(roles=["admin"])
    headers = bearer(sign_in(demoted.email, demoted.password))
    roles = services.get(RoleService)

    roles.unassign(SYSTEM, None, demoted.id, roles.find_by_name("admin").id)
    _know(services, demoted.id, *ALL)

    assert client.get("/api/users", headers=headers).status_code == 403
