"""The REST API: doing what one's roles do not allow."""

import pytest

from authserver.actor import SYSTEM
from authserver.roles.service import RoleService
from tests.attacks.rows import attack
from tests.support.relying_party import bearer


@pytest.fixture
def sign(make_user, sign_in):
    """Somebody with these roles, and the header of their token."""

    def sign(*roles: str):
        user = make_user(roles=roles)
        return user, bearer(sign_in(user.email, user.password))

    return sign


@pytest.fixture
def role_id(services):
    """The id of a role; one that is not there is made with these permissions."""
    roles = services.get(RoleService)

    def role_id(name: str, *permissions: str) -> str:
        role = roles.find_by_name(name) or roles.create(SYSTEM, None, name, None, permissions)
        return str(role.id)

    return role_id


@pytest.fixture
def useradmin(sign, role_id):
    """Somebody who manages users and roles, and no more."""
    role_id("useradmin", "users:read", "users:write", "roles:assign", "roles:write")
    return sign("useradmin")


# Without a role ----------------------------------------------------------------------------------


@attack("API-02")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/users"),
        ("GET", "/api/users?search=a"),
        ("POST", "/api/users"),
        ("POST", "/api/roles"),
        ("PUT", "/api/roles/{role}"),
        ("DELETE", "/api/roles/{role}"),
        ("GET", "/api/clients"),
        ("POST", "/api/clients"),
        ("GET", "/api/clients/authserver"),
        ("PATCH", "/api/clients/authserver"),
        ("DELETE", "/api/clients/authserver"),
        ("POST", "/api/clients/authserver/secret"),
        ("POST", "/api/clients/authserver/disable"),
        ("GET", "/api/resource-servers"),
        ("POST", "/api/resource-servers"),
        ("GET", "/api/audit"),
    ],
)
def test_who_has_no_role_for_it_administers_nothing(client, sign, role_id, method, path):
    """ASVS 8.2.1: the refusal comes before anything is read of the request."""
    _, headers = sign()

    answer = client.open(path.format(role=role_id("user")), method=method, headers=headers, json={})

    assert (answer.status_code, answer.json["code"]) == (403, "insufficient_permission")


@attack("API-02")
@pytest.mark.parametrize("path", ["/api/users", "/api/roles", "/api/clients", "/api/audit"])
def test_nobody_sees_anything_without_a_token(client, path):
    """ASVS 8.3.1."""
    assert client.get(path).status_code == 401


@attack("API-04")
@pytest.mark.parametrize(
    ("method", "suffix", "body"),
    [
        ("GET", "", None),
        ("PUT", "", {"full_name": "Mallory"}),
        ("DELETE", "", None),
        ("POST", "/disable", None),
        ("POST", "/enable", None),
        ("PUT", "/password", {"current_password": "x", "new_password": "another good one 47"}),
        ("GET", "/roles", None),
        ("GET", "/sessions", None),
        ("DELETE", "/sessions", None),
        ("DELETE", "/sessions/01999999-0000-7000-8000-000000000000", None),
    ],
)
def test_somebody_elses_account_is_out_of_reach(
    client, sign, make_user, sign_in, method, suffix, body
):
    """ASVS 8.2.2: another one's id in the path changes nothing and shows nothing."""
    _, headers = sign()
    other = make_user(full_name="Una")
    token = sign_in(other.email, other.password)
    path = f"/api/users/{other.id}"

    answer = client.open(path + suffix, method=method, headers=headers, json=body)

    assert answer.status_code == 403
    left = client.get(path, headers=bearer(token)).json
    assert (left["full_name"], left["enabled"], left["roles"]) == ("Una", True, ["user"])


@attack("API-07")
@pytest.mark.parametrize("name", ["admin", "user"])
def test_nobody_gives_themselves_a_role(client, sign, role_id, name):
    """The seed, section 4."""
    user, headers = sign()
    path = f"/api/users/{user.id}/roles"

    answer = client.post(path, headers=headers, json={"role_id": role_id(name)})

    assert answer.status_code == 403
    assert [role["name"] for role in client.get(path, headers=headers).json["items"]] == ["user"]


@attack("API-07")
def test_registering_takes_no_role_along(client):
    """CWE-915: a member that is not the caller's to set is refused."""
    body = {"email": "eve@example.com", "password": "another good one 47", "roles": ["admin"]}

    assert client.post("/api/auth/register", json=body).status_code == 400


# With a lower role -------------------------------------------------------------------------------


@attack("API-08")
def test_a_lower_administrator_makes_nobody_a_higher_one(client, useradmin, make_user, role_id):
    """CVE-2026-17526, CVE-2026-3121."""
    me, headers = useradmin

    for user_id in (me.id, make_user().id):
        answer = client.post(
            f"/api/users/{user_id}/roles", headers=headers, json={"role_id": role_id("admin")}
        )

        assert (answer.status_code, answer.json["code"]) == (403, "insufficient_permission")


@attack("API-08")
def test_a_lower_administrator_takes_nothing_from_a_higher_one(
    client, useradmin, make_user, role_id
):
    """CVE-2026-17526."""
    _, headers = useradmin
    higher = make_user(roles=["admin"])

    answer = client.delete(f"/api/users/{higher.id}/roles/{role_id('admin')}", headers=headers)

    assert answer.status_code == 403


@attack("API-08")
@pytest.mark.parametrize(
    ("method", "suffix", "body"),
    [
        ("DELETE", "", None),
        ("POST", "/disable", None),
        ("POST", "/enable", None),
        ("PUT", "", {"email": "mine@example.com"}),
        ("PUT", "", {"full_name": "Mallory"}),
    ],
)
def test_a_lower_administrator_alters_no_higher_one(
    client, useradmin, make_user, method, suffix, body
):
    """CVE-2026-3121: whoever receives a person's mail can become that person."""
    _, headers = useradmin
    higher = make_user(roles=["admin"])

    answer = client.open(
        f"/api/users/{higher.id}{suffix}", method=method, headers=headers, json=body
    )

    assert (answer.status_code, answer.json["code"]) == (403, "insufficient_permission")


@attack("API-08")
def test_a_lower_administrator_creates_no_higher_one(client, useradmin):
    """CVE-2026-17526: by the first roles of a new account."""
    _, headers = useradmin
    body = {"email": "new@example.com", "password": "another good one 47", "roles": ["admin"]}

    assert client.post("/api/users", headers=headers, json=body).status_code == 403


@attack("API-08")
def test_a_lower_administrator_makes_no_higher_role(client, useradmin, role_id):
    """CVE-2026-17526: neither a new one nor out of their own."""
    _, headers = useradmin
    higher = ["clients:write"]

    made = client.post("/api/roles", headers=headers, json={"name": "mine", "permissions": higher})
    grown = client.put(
        f"/api/roles/{role_id('useradmin')}", headers=headers, json={"permissions": higher}
    )

    assert (made.status_code, grown.status_code) == (403, 403)


@attack("API-08")
def test_a_lower_administrator_still_does_their_work(client, useradmin, make_user, role_id):
    """The other side of the rule."""
    _, headers = useradmin
    user = make_user()
    path = f"/api/users/{user.id}"

    given = client.post(
        f"{path}/roles", headers=headers, json={"role_id": role_id("reader", "users:read")}
    )
    disabled = client.post(f"{path}/disable", headers=headers)

    assert (given.status_code, disabled.status_code) == (200, 204)
