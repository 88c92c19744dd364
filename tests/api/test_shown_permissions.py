"""What users may do, as /api/users tells it: from the cache, and fresh after a change."""

import pytest

from authserver.actor import SYSTEM
from authserver.roles.permissions import ALL
from authserver.roles.service import MAX_ROLES, RoleService
from authserver.storage.db import Database
from authserver.wiring import Stores

PASSWORD = "correct horse battery staple"


@pytest.fixture
def headers(bearer, admin_token):
    return bearer(admin_token)


@pytest.fixture
def roles(services):
    return services.get(RoleService)


@pytest.fixture
def reader(roles, make_user):
    """Somebody whose two roles overlap."""
    roles.create(SYSTEM, None, "reader", None, ["users:read", "audit:read"])
    roles.create(SYSTEM, None, "watcher", None, ["users:read", "clients:read"])
    return make_user(roles=["reader", "watcher"])


def path_of(user) -> str:
    return f"/api/users/{user.id}"


def test_permissions_are_what_all_roles_allow_together(client, reader, headers):
    answer = client.get(path_of(reader), headers=headers)

    assert answer.json["roles"] == ["reader", "user", "watcher"]
    assert answer.json["permissions"] == ["audit:read", "clients:read", "users:read"]


def test_a_list_tells_them_as_well(client, reader, headers):
    items = client.get("/api/users", headers=headers).json["items"]

    found = {item["id"]: item["permissions"] for item in items}
    assert found.pop(str(reader.id)) == ["audit:read", "clients:read", "users:read"]
    assert list(found.values()) == [sorted(ALL)]


def test_they_are_read_from_the_cache(client, services, reader, headers):
    """AUTHSERVER_CACHE_TTL."""
    client.get(path_of(reader), headers=headers)
    with services.get(Database).transaction() as tx:
        tx.connection().exec_driver_sql(
            "UPDATE roles SET permissions = '{}' WHERE name IN ('reader', 'watcher')"
        )

    answer = client.get(path_of(reader), headers=headers)

    assert answer.json["permissions"] == ["audit:read", "clients:read", "users:read"]


def test_what_is_told_after_a_change_is_not_from_the_cache(client, services, reader, headers):
    """Redis may have been away when it should have forgotten."""
    before = client.get(path_of(reader), headers=headers).json
    cache = services.get(Stores).cache
    stale = cache.get(f"profile:{reader.id}")
    cache_that_forgets_nothing = {
        f"profile:{reader.id}": stale,
        f"version:{reader.id}": 1,
        f"permissions:{reader.id}": {"names": ["admin"], "permissions": sorted(ALL)},
    }
    forget = type(cache).forget

    def keep(self, *keys):
        forget(self, *keys)
        for key in keys:
            self.put(key, cache_that_forgets_nothing[key], 30)

    type(cache).forget = keep
    try:
        answer = client.put(path_of(reader), json={"full_name": "Another"}, headers=headers)
    finally:
        type(cache).forget = forget

    assert answer.json["full_name"] == "Another"
    assert answer.json["permissions"] == before["permissions"]
    assert answer.headers["ETag"] == '"2"'


@pytest.mark.parametrize(
    "change",
    [
        {"email": 7},
        {"email_verified": "yes"},
        {"full_name": ["x"]},
        {"enabled": None},
        {"version": "7"},
        {"created_at": "0001-01-01T00:00:00+23:59"},
        {"updated_at": "yesterday"},
    ],
)
def test_a_profile_that_we_did_not_put_into_the_cache_is_not_there(
    client, services, reader, headers, change
):
    """CWE-20: it is read again, and is no crash."""
    before = client.get(path_of(reader), headers=headers).json
    cache = services.get(Stores).cache
    key = f"profile:{reader.id}"
    cache.put(key, cache.get(key) | change, 30)

    answer = client.get(path_of(reader), headers=headers)

    assert (answer.status_code, answer.json) == (200, before)


# How many -----------------------------------------------------------------------------------------


def test_nobody_has_more_roles_than_a_token_can_carry(client, roles, make_user, headers):
    made = [roles.create(SYSTEM, None, f"role-{number}") for number in range(MAX_ROLES)]
    user = make_user(roles=[role.name for role in made[1:]])

    answer = client.post(
        f"{path_of(user)}/roles", json={"role_id": str(made[0].id)}, headers=headers
    )

    assert (answer.status_code, list(answer.json["errors"])) == (400, ["roles"])
    assert len(client.get(path_of(user), headers=headers).json["roles"]) == MAX_ROLES
