"""/api/roles and /api/users/<id>/roles over HTTP."""

import base64
import json

import pytest

from authserver.actor import SYSTEM
from authserver.audit.search import Search
from authserver.audit.service import AuditService
from authserver.ids import new_id
from authserver.roles.permissions import ALL
from authserver.roles.service import RoleService


@pytest.fixture
def headers(bearer, admin_token):
    """Those of an administrator."""
    return bearer(admin_token)


@pytest.fixture
def tokens(client, user):
    """What the user got at sign-in."""
    credentials = {"email": user.email, "password": user.password}
    return client.post("/api/auth/login", json=credentials).json


@pytest.fixture
def own_headers(tokens, bearer):
    return bearer(tokens["accessToken"])


@pytest.fixture
def auditor(services):
    """A role that allows nothing here: it is for others, who read it in the token."""
    return services.get(RoleService).create(SYSTEM, None, "auditor", "Reads the books.")


@pytest.fixture
def reader(services):
    """A role that allows to see users."""
    return services.get(RoleService).create(SYSTEM, None, "reader", None, ["users:read"])


@pytest.fixture
def built_in(services):
    """The role ``admin``."""
    return services.get(RoleService).find_by_name("admin")


def path_of(role) -> str:
    return f"/api/roles/{role.id}"


def roles_path_of(user, role=None) -> str:
    return f"/api/users/{user.id}/roles" + (f"/{role.id}" if role else "")


def assignment(role) -> dict[str, str]:
    return {"role_id": str(role.id)}


def names(answer) -> list[str]:
    return [item["name"] for item in answer.json["items"]]


def claims(token: str) -> dict[str, object]:
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=="))


# The roles ----------------------------------------------------------------------------------------


def test_everybody_signed_in_sees_the_roles(client, own_headers, auditor):
    answer = client.get("/api/roles", headers=own_headers)

    assert answer.status_code == 200
    assert names(answer) == ["admin", "auditor", "user"]
    assert answer.json["next_cursor"] is None


def test_without_a_token_there_are_none(client):
    assert client.get("/api/roles").status_code == 401


def test_a_role_is_shown(client, own_headers, reader):
    answer = client.get(path_of(reader), headers=own_headers)

    assert answer.json == {
        "id": str(reader.id),
        "name": "reader",
        "description": None,
        "permissions": ["users:read"],
        "built_in": False,
    }


def test_an_unknown_role_is_not_found(client, headers):
    answer = client.get(f"/api/roles/{new_id()}", headers=headers)

    assert answer.status_code == 404
    assert answer.json["code"] == "role_not_found"


def test_the_administrator_role_has_every_permission(client, headers, built_in):
    answer = client.get(path_of(built_in), headers=headers)

    assert set(answer.json["permissions"]) == ALL
    assert answer.json["built_in"] is True


# Making -------------------------------------------------------------------------------------------


def test_a_role_is_made(client, headers):
    body = {"name": "desk", "description": "Help", "permissions": ["users:write", "users:read"]}

    answer = client.post("/api/roles", json=body, headers=headers)

    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/roles/{answer.json['id']}"
    assert answer.json["permissions"] == ["users:read", "users:write"]


def test_a_normal_user_may_not_make_roles(client, own_headers):
    answer = client.post("/api/roles", json={"name": "mine"}, headers=own_headers)

    assert answer.status_code == 403


def test_nobody_makes_a_role_that_allows_more_than_they_may(client, services, bearer, token_of):
    """API-08, CVE-2026-17526."""
    body = {"name": "more", "permissions": ["roles:write", "users:write"]}

    answer = client.post("/api/roles", json=body, headers=bearer(token_of("roles:write")))

    assert answer.status_code == 403
    assert services.get(RoleService).find_by_name("more") is None


def test_a_name_is_taken_once(client, headers, auditor):
    answer = client.post("/api/roles", json={"name": "auditor"}, headers=headers)

    assert answer.status_code == 409
    assert answer.json["code"] == "role_name_taken"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("name", None),
        ("name", 1),
        ("name", ""),
        ("name", "Two words"),
        ("name", "a\0"),
        ("name", "a" * 51),
        ("description", "a\0b"),
        ("description", "x" * 1001),
        ("permissions", "users:read"),
        ("permissions", [1]),
        ("permissions", ["everything"]),
        ("built_in", True),
        ("id", "x"),
    ],
)
def test_what_cannot_be_is_refused_by_name(client, headers, member, value):
    answer = client.post("/api/roles", json={"name": "ok", member: value}, headers=headers)

    assert answer.status_code == 400
    assert member in answer.json["errors"]


def test_who_names_an_unknown_permission_is_told_the_known_ones(client, headers):
    body = {"name": "ok", "permissions": ["everything"]}

    answer = client.post("/api/roles", json=body, headers=headers)

    assert all(permission in answer.json["errors"]["permissions"][0] for permission in ALL)


# Changing -----------------------------------------------------------------------------------------


def test_a_role_is_changed(client, headers, auditor):
    body = {"name": "inspector", "permissions": ["audit:read"]}

    answer = client.put(path_of(auditor), json=body, headers=headers)

    assert answer.status_code == 200
    assert answer.json["name"] == "inspector"
    assert answer.json["permissions"] == ["audit:read"]
    assert answer.json["description"] == "Reads the books."


def test_a_change_of_what_has_changed_meanwhile_is_refused(client, headers, auditor):
    """RFC 9110, section 13.1.1."""
    read = client.get(path_of(auditor), headers=headers).headers["ETag"]
    client.put(path_of(auditor), json={"description": "First"}, headers=headers)

    answer = client.put(
        path_of(auditor), json={"description": "Second"}, headers=headers | {"If-Match": read}
    )

    assert answer.status_code == 412
    assert client.get(path_of(auditor), headers=headers).json["description"] == "First"


def test_a_change_of_what_one_has_read_is_made(client, headers, auditor):
    read = client.get(path_of(auditor), headers=headers).headers["ETag"]

    answer = client.put(
        path_of(auditor), json={"description": "New"}, headers=headers | {"If-Match": read}
    )

    assert answer.status_code == 200


def test_a_role_cannot_take_the_name_of_another(client, headers, auditor, reader):
    answer = client.put(path_of(auditor), json={"name": "reader"}, headers=headers)

    assert answer.status_code == 409
    assert answer.json["code"] == "role_name_taken"


def test_nobody_gives_a_role_more_than_they_may(client, bearer, token_of, auditor):
    """API-08: of one's own role, for example."""
    lower = bearer(token_of("roles:write"))

    answer = client.put(path_of(auditor), json={"permissions": ["users:write"]}, headers=lower)

    assert answer.status_code == 403


def test_nobody_takes_from_a_role_what_they_may_not(client, bearer, token_of, reader):
    """API-08, CVE-2026-3121."""
    lower = bearer(token_of("roles:write"))

    answer = client.put(path_of(reader), json={"permissions": []}, headers=lower)

    assert answer.status_code == 403


@pytest.mark.parametrize("change", [{"name": "root"}, {"permissions": ["users:read"]}])
def test_a_built_in_role_stays_what_it_is(client, headers, built_in, change):
    answer = client.put(path_of(built_in), json=change, headers=headers)

    assert answer.status_code == 409
    assert answer.json["code"] == "role_is_built_in"


def test_a_change_of_permissions_is_obeyed_at_once(client, own_headers, headers, user, reader):
    """Although the permissions were in the cache."""
    client.post(roles_path_of(user), json=assignment(reader), headers=headers)
    before = client.get("/api/users", headers=own_headers)

    client.put(path_of(reader), json={"permissions": []}, headers=headers)

    assert before.status_code == 200
    assert client.get("/api/users", headers=own_headers).status_code == 403


# Deleting -----------------------------------------------------------------------------------------


def test_a_role_is_deleted(client, headers, auditor):
    answer = client.delete(path_of(auditor), headers=headers)

    assert answer.status_code == 204
    assert client.get(path_of(auditor), headers=headers).status_code == 404


def test_a_deleted_role_is_taken_from_everybody(client, own_headers, headers, user, reader):
    client.post(roles_path_of(user), json=assignment(reader), headers=headers)
    client.get("/api/users", headers=own_headers)

    client.delete(path_of(reader), headers=headers)

    assert names(client.get(roles_path_of(user), headers=headers)) == ["user"]
    assert client.get("/api/users", headers=own_headers).status_code == 403


def test_a_built_in_role_cannot_be_deleted(client, headers, built_in):
    assert client.delete(path_of(built_in), headers=headers).status_code == 409


def test_nobody_deletes_a_role_that_allows_more_than_they_may(client, bearer, token_of, reader):
    """API-08."""
    lower = bearer(token_of("roles:write"))

    assert client.delete(path_of(reader), headers=lower).status_code == 403


# Who has which ------------------------------------------------------------------------------------


def test_one_sees_ones_own_roles(client, user, own_headers):
    assert names(client.get(roles_path_of(user), headers=own_headers)) == ["user"]


def test_one_does_not_see_those_of_others(client, make_user, own_headers):
    assert client.get(roles_path_of(make_user()), headers=own_headers).status_code == 403


def test_an_unknown_user_has_none(client, headers):
    answer = client.get(f"/api/users/{new_id()}/roles", headers=headers)

    assert answer.status_code == 404
    assert answer.json["code"] == "user_not_found"


def test_a_role_is_assigned(client, user, headers, auditor):
    answer = client.post(roles_path_of(user), json=assignment(auditor), headers=headers)

    assert answer.status_code == 200
    assert names(answer) == ["auditor", "user"]


def test_assigning_twice_is_as_good_as_once(client, services, user, headers, auditor):
    client.post(roles_path_of(user), json=assignment(auditor), headers=headers)

    answer = client.post(roles_path_of(user), json=assignment(auditor), headers=headers)

    events = services.get(AuditService).list(Search(event="role.assigned"), before=None, limit=9)
    assert names(answer) == ["auditor", "user"]
    assert [event.detail["name"] for event in events].count("auditor") == 1


def test_the_next_refreshed_token_carries_the_role(client, user, tokens, headers, auditor):
    """A change of roles ends no session."""
    client.post(roles_path_of(user), json=assignment(auditor), headers=headers)

    answer = client.post("/api/auth/refresh", json={"refreshToken": tokens["refreshToken"]})

    assert claims(tokens["accessToken"])["roles"] == ["user"]
    assert claims(answer.json["accessToken"])["roles"] == ["auditor", "user"]


def test_an_assigned_role_is_shown_with_the_user(client, user, headers, auditor):
    """Although the user was in the cache."""
    client.get(f"/api/users/{user.id}", headers=headers)

    client.post(roles_path_of(user), json=assignment(auditor), headers=headers)

    answer = client.get(f"/api/users/{user.id}", headers=headers)
    assert answer.json["roles"] == ["auditor", "user"]


def test_nobody_assigns_a_role_to_themselves(client, user, own_headers, built_in):
    """API-07."""
    answer = client.post(roles_path_of(user), json=assignment(built_in), headers=own_headers)

    assert answer.status_code == 403
    assert names(client.get(roles_path_of(user), headers=own_headers)) == ["user"]


def test_nobody_assigns_a_role_that_allows_more_than_they_may(
    client, services, user, bearer, token_of, built_in
):
    """API-08, CVE-2026-17526."""
    lower = bearer(token_of("roles:assign", "users:write"))

    answer = client.post(roles_path_of(user), json=assignment(built_in), headers=lower)

    assert answer.status_code == 403
    assert services.get(RoleService).holding_of(user.id).names == ("user",)


def test_nobody_takes_a_role_that_allows_more_than_they_may(
    client, make_user, headers, bearer, token_of, built_in
):
    """API-08, CVE-2026-3121."""
    admin = make_user(roles=["admin"])
    lower = bearer(token_of("roles:assign", "users:write"))

    answer = client.delete(roles_path_of(admin, built_in), headers=lower)

    assert answer.status_code == 403
    assert names(client.get(roles_path_of(admin), headers=headers)) == ["admin", "user"]


def test_an_unknown_user_gets_no_role(client, headers, auditor):
    answer = client.post(f"/api/users/{new_id()}/roles", json=assignment(auditor), headers=headers)

    assert answer.status_code == 404
    assert answer.json["code"] == "user_not_found"


def test_an_unknown_role_is_not_assigned(client, user, headers):
    answer = client.post(roles_path_of(user), json={"role_id": str(new_id())}, headers=headers)

    assert answer.status_code == 404
    assert answer.json["code"] == "role_not_found"


@pytest.mark.parametrize(
    "body", [{}, {"role_id": "admin"}, {"role_id": None}, {"roleId": str(new_id())}]
)
def test_a_role_is_named_by_its_id(client, user, headers, body):
    answer = client.post(roles_path_of(user), json=body, headers=headers)

    assert answer.status_code == 400


def test_a_role_is_taken_away(client, user, tokens, headers, auditor):
    client.post(roles_path_of(user), json=assignment(auditor), headers=headers)

    answer = client.delete(roles_path_of(user, auditor), headers=headers)

    fresh = client.post("/api/auth/refresh", json={"refreshToken": tokens["refreshToken"]})
    assert answer.status_code == 204
    assert claims(fresh.json["accessToken"])["roles"] == ["user"]


def test_a_permission_ends_with_the_role(client, own_headers, headers, user, reader):
    """Although the permissions were in the cache."""
    client.post(roles_path_of(user), json=assignment(reader), headers=headers)
    before = client.get("/api/users", headers=own_headers)

    client.delete(roles_path_of(user, reader), headers=headers)

    assert before.status_code == 200
    assert client.get("/api/users", headers=own_headers).status_code == 403


def test_taking_away_what_nobody_has_is_fine(client, user, headers, auditor):
    assert client.delete(roles_path_of(user, auditor), headers=headers).status_code == 204


@pytest.mark.parametrize("unknown", ["user", "role"])
def test_taking_away_something_unknown_is_not(client, user, headers, auditor, unknown):
    user_id = new_id() if unknown == "user" else user.id
    role_id = new_id() if unknown == "role" else auditor.id

    answer = client.delete(f"/api/users/{user_id}/roles/{role_id}", headers=headers)

    assert answer.status_code == 404
    assert answer.json["code"] == f"{unknown}_not_found"


def test_the_last_administrator_cannot_be_demoted(client, headers, built_in):
    [only] = client.get("/api/users", headers=headers).json["items"]

    answer = client.delete(f"/api/users/{only['id']}/roles/{built_in.id}", headers=headers)

    assert answer.status_code == 409
    assert answer.json["code"] == "last_administrator"
    assert client.get("/api/users", headers=headers).status_code == 200


def test_an_administrator_beside_another_can_be_demoted(client, make_user, headers, built_in):
    admin = make_user(roles=["admin"])

    answer = client.delete(roles_path_of(admin, built_in), headers=headers)

    assert answer.status_code == 204


def test_every_deed_is_recorded(client, services, user, headers):
    role_id = client.post("/api/roles", json={"name": "r"}, headers=headers).json["id"]
    client.put(f"/api/roles/{role_id}", json={"description": "x"}, headers=headers)
    client.post(roles_path_of(user), json={"role_id": role_id}, headers=headers)
    client.delete(f"{roles_path_of(user)}/{role_id}", headers=headers)
    client.delete(f"/api/roles/{role_id}", headers=headers)

    events = services.get(AuditService).list(before=None, limit=5)

    assert [event.event for event in reversed(events)] == [
        *("role.created", "role.updated", "role.assigned", "role.unassigned", "role.deleted")
    ]
    assert {event.detail["role_id"] for event in events} == {role_id}
