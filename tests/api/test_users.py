"""/api/users over HTTP."""

from datetime import datetime

import pytest

from authserver.actor import SYSTEM
from authserver.audit.search import Search
from authserver.audit.service import AuditService
from authserver.clock import SystemClock
from authserver.ids import new_id
from authserver.users.service import UserService

PASSWORD = "correct horse battery staple"


@pytest.fixture
def headers(bearer, admin_token):
    """Those of an administrator."""
    return bearer(admin_token)


@pytest.fixture
def user(make_user):
    return make_user(full_name="Una Example")


@pytest.fixture
def own_headers(user, sign_in, bearer):
    return bearer(sign_in(user.email, user.password))


@pytest.fixture
def helper_headers(bearer, token_of):
    """Those of somebody who looks after users and may do nothing else."""
    return bearer(token_of("users:read", "users:write"))


@pytest.fixture
def admin(make_user):
    """An administrator beside the one of ``headers``."""
    return make_user(roles=["admin"])


def path_of(user, *more: str) -> str:
    return "/".join(["/api/users", str(user.id), *more])


def new_user(**members):
    return {"email": "new@example.com", "password": PASSWORD} | members


def may_sign_in(client, email: str, password: str = PASSWORD) -> bool:
    answer = client.post("/api/auth/login", json={"email": email, "password": password})
    return bool(answer.status_code == 200)


# Fetching -----------------------------------------------------------------------------------------


def test_one_sees_ones_own_profile(client, user, own_headers):
    answer = client.get(path_of(user), headers=own_headers)

    assert answer.status_code == 200
    assert answer.json.keys() == {
        *("id", "email", "email_verified", "full_name", "profile", "enabled", "roles"),
        *("permissions", "created_at", "updated_at"),
    }
    assert answer.json["id"] == str(user.id)
    assert answer.json["email"] == user.email
    assert answer.json["roles"] == ["user"]


def test_an_administrator_sees_any_profile(client, user, headers):
    answer = client.get(path_of(user), headers=headers)

    assert answer.json["full_name"] == "Una Example"


def test_a_moment_is_told_in_utc(client, user, own_headers):
    """RFC 3339, section 5.6."""
    created_at = client.get(path_of(user), headers=own_headers).json["created_at"]

    assert created_at.endswith("Z")
    assert abs((SystemClock().now() - datetime.fromisoformat(created_at)).total_seconds()) < 60


def test_nothing_of_the_password_is_told(client, user, headers):
    answers = client.get(path_of(user), headers=headers).text
    answers += client.get("/api/users", headers=headers).text

    assert "argon2" not in answers
    assert "password" not in answers


def test_without_a_token_there_is_no_profile(client, user):
    assert client.get(path_of(user)).status_code == 401


def test_others_do_not_learn_who_exists(client, own_headers, make_user):
    """PW-05, CVE-2026-2366."""
    existing = client.get(path_of(make_user()), headers=own_headers)
    unknown = client.get(f"/api/users/{new_id()}", headers=own_headers)

    assert existing.status_code == unknown.status_code == 403
    assert existing.json == unknown.json


def test_an_administrator_learns_that_somebody_is_unknown(client, headers):
    answer = client.get(f"/api/users/{new_id()}", headers=headers)

    assert answer.status_code == 404
    assert answer.json["code"] == "user_not_found"


# Listing ------------------------------------------------------------------------------------------


def walk(client, headers, **query):
    """All users of all pages."""
    items, cursor = [], None
    while True:
        asked = query | ({"cursor": cursor} if cursor else {})
        page = client.get("/api/users", headers=headers, query_string=asked).json
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return items


def test_a_normal_user_may_not_list_users(client, own_headers):
    """API-02."""
    assert client.get("/api/users", headers=own_headers).status_code == 403


def test_the_pages_hold_everybody_once(client, headers, make_user):
    made = [str(make_user().id) for _ in range(5)]

    items = walk(client, headers, limit=2)

    assert [item["id"] for item in items][-5:] == made
    assert len(items) == 6


def test_the_list_tells_the_roles_of_each(client, headers, user):
    items = walk(client, headers)

    assert [item["roles"] for item in items] == [["admin", "user"], ["user"]]


@pytest.mark.parametrize("search", ["ann", "ANN", "\uff41\uff4e\uff4e"])
def test_the_search_finds_those_whose_address_begins_so(client, headers, make_user, search):
    for email in ("joann@x", "anna@x", "ann@x", "an@x"):
        make_user(email=email)

    items = walk(client, headers, search=search)

    assert [item["email"] for item in items] == ["ann@x", "anna@x"]


def test_the_pages_of_a_search_go_on_where_the_last_one_ended(client, headers, make_user):
    for name in ("c", "a", "e", "b", "d"):
        make_user(email=f"z{name}@x")

    items = walk(client, headers, search="z", limit=2)

    assert [item["email"] for item in items] == ["za@x", "zb@x", "zc@x", "zd@x", "ze@x"]


@pytest.mark.parametrize(("search", "found"), [("a_", ["a_c@x"]), ("%", []), ("a/", ["a/d@x"])])
def test_a_search_knows_no_wildcards(client, headers, make_user, search, found):
    for email in ("a_c@x", "abc@x", "a/d@x"):
        make_user(email=email)

    items = walk(client, headers, search=search)

    assert [item["email"] for item in items] == found


def test_a_search_whose_last_user_is_gone_says_so(client, headers, make_user):
    """Better than a list that silently ends."""
    make_user(email="za@x")
    make_user(email="zb@x")
    query = {"search": "z", "limit": 1}
    cursor = client.get("/api/users", headers=headers, query_string=query).json["next_cursor"]
    client.delete(f"/api/users/{cursor}", headers=headers)

    answer = client.get("/api/users", headers=headers, query_string=query | {"cursor": cursor})

    assert answer.status_code == 400
    assert "cursor" in answer.json["errors"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=x",
        "cursor=x",
        "search=",
        "search=%00",
        "sort=password_hash",
        "limit=1&limit=2",
    ],
)
def test_a_list_takes_nothing_else(client, headers, query):
    """API-23."""
    answer = client.get(f"/api/users?{query}", headers=headers)

    assert answer.status_code == 400
    assert answer.json["code"] == "invalid_request"


# Making -------------------------------------------------------------------------------------------


def test_a_user_is_made(client, headers):
    answer = client.post("/api/users", json=new_user(full_name="Nora"), headers=headers)

    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/users/{answer.json['id']}"
    assert answer.json["full_name"] == "Nora"
    assert answer.json["roles"] == ["user"]


def test_who_was_made_may_sign_in(client, headers):
    client.post("/api/users", json=new_user(), headers=headers)

    assert may_sign_in(client, "New@Example.com")


def test_a_user_is_made_with_roles(client, headers):
    answer = client.post("/api/users", json=new_user(roles=["admin"]), headers=headers)

    assert answer.json["roles"] == ["admin", "user"]


@pytest.mark.parametrize("spelling", ["U@X", "u@x", "\uff55@x", "u@x "])
def test_every_spelling_of_an_address_is_one_account(client, headers, make_user, spelling):
    """PW-24, CVE-2026-19607."""
    make_user(email="u@x")

    answer = client.post("/api/users", json=new_user(email=spelling), headers=headers)

    assert answer.status_code == 409
    assert answer.json["code"] == "email_taken"


def test_a_normal_user_may_not_make_users(client, own_headers):
    assert client.post("/api/users", json=new_user(), headers=own_headers).status_code == 403


def test_giving_roles_needs_its_own_permission(client, helper_headers):
    answer = client.post("/api/users", json=new_user(roles=["user"]), headers=helper_headers)

    assert answer.status_code == 403


def test_nobody_makes_a_user_who_may_do_more_than_they(client, services, bearer, token_of):
    """API-08, CVE-2026-17526."""
    lower = bearer(token_of("users:write", "roles:assign"))

    answer = client.post("/api/users", json=new_user(roles=["admin"]), headers=lower)

    assert answer.status_code == 403
    assert services.get(UserService).find_by_email("new@example.com") is None


def test_a_user_with_an_unknown_role_is_not_made(client, services, headers):
    answer = client.post("/api/users", json=new_user(roles=["nothing"]), headers=headers)

    assert answer.status_code == 400
    assert "roles" in answer.json["errors"]
    assert services.get(UserService).find_by_email("new@example.com") is None


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("email", "no address"),
        ("email", ["a@b"]),
        ("email", {"$ne": 1}),
        ("email", None),
        ("email", "a" * 10_000 + "@x"),
        ("email", "a\0@x"),
        ("password", 12345678901),
        ("password", "short"),
        ("password", "correct\0horse battery"),
        ("password", "x" * 10_000),
        ("full_name", "x" * 10_000),
        ("full_name", "a\nb"),
        ("full_name", 1),
        ("roles", "admin"),
        ("roles", [None]),
    ],
)
def test_what_cannot_be_is_refused_by_name(client, headers, member, value):
    """API-20, PW-13, PW-14, PW-30."""
    answer = client.post("/api/users", json=new_user(**{member: value}), headers=headers)

    assert answer.status_code == 400
    assert member in answer.json["errors"]


@pytest.mark.parametrize(
    "surplus", ["id", "email_verified", "enabled", "password_hash", "credential_generation"]
)
def test_a_new_user_has_no_other_members(client, headers, surplus):
    """CWE-915."""
    answer = client.post("/api/users", json=new_user(**{surplus: 1}), headers=headers)

    assert answer.status_code == 400
    assert surplus in answer.json["errors"]


# Changing -----------------------------------------------------------------------------------------


def test_one_changes_ones_own_name(client, user, own_headers):
    answer = client.put(path_of(user), json={"full_name": "Una Neu"}, headers=own_headers)

    assert answer.status_code == 200
    assert answer.json["full_name"] == "Una Neu"


def test_a_change_is_seen_at_once(client, user, own_headers):
    """The cache is told."""
    client.get(path_of(user), headers=own_headers)
    client.put(path_of(user), json={"full_name": "Una Neu"}, headers=own_headers)

    answer = client.get(path_of(user), headers=own_headers)

    assert answer.json["full_name"] == "Una Neu"


def test_a_name_can_be_taken_away(client, user, own_headers):
    answer = client.put(path_of(user), json={"full_name": None}, headers=own_headers)

    assert answer.json["full_name"] is None


def test_what_is_absent_stays(client, user, headers):
    client.put(path_of(user), json={"email": "other@example.com"}, headers=headers)

    answer = client.get(path_of(user), headers=headers)

    assert answer.json["full_name"] == "Una Example"


@pytest.mark.parametrize(
    "member",
    [
        *("id", "roles", "enabled", "email_verified", "password", "password_hash", "version"),
        *("credential_generation", "created_at", "is_admin", "__class__"),
    ],
)
def test_nothing_else_can_be_changed(client, user, own_headers, member):
    """CWE-915: mass assignment."""
    body = {"full_name": "Una Neu", member: True}

    answer = client.put(path_of(user), json=body, headers=own_headers)

    assert answer.status_code == 400
    assert client.get(path_of(user), headers=own_headers).json["full_name"] == "Una Example"


def test_one_may_not_change_ones_own_address(client, user, own_headers):
    """PW-22: without a proof of the new one."""
    answer = client.put(path_of(user), json={"email": "new@example.com"}, headers=own_headers)

    assert answer.status_code == 403
    assert may_sign_in(client, user.email)


def test_an_administrator_changes_an_address(client, user, headers):
    client.put(path_of(user), json={"email": "New@Example.COM"}, headers=headers)

    assert may_sign_in(client, "new@example.com")
    assert not may_sign_in(client, user.email)


def test_a_changed_address_is_not_verified(client, services, headers):
    known = services.get(UserService).create(
        SYSTEM, None, "old@example.com", PASSWORD, email_verified=True
    )

    answer = client.put(path_of(known), json={"email": "new@example.com"}, headers=headers)

    assert answer.json["email_verified"] is False


def test_the_same_address_in_another_spelling_stays_verified(client, services, headers):
    known = services.get(UserService).create(
        SYSTEM, None, "old@example.com", PASSWORD, email_verified=True
    )

    answer = client.put(path_of(known), json={"email": "OLD@example.com"}, headers=headers)

    assert answer.json["email_verified"] is True


def test_an_address_that_somebody_has_cannot_be_taken(client, user, headers, make_user):
    make_user(email="taken@example.com")

    answer = client.put(path_of(user), json={"email": "Taken@example.com"}, headers=headers)

    assert answer.status_code == 409
    assert answer.json["code"] == "email_taken"


def test_others_may_not_change_me(client, services, user, make_user, own_headers):
    """API-04."""
    other = make_user(full_name="Other")

    answer = client.put(path_of(other), json={"full_name": "X"}, headers=own_headers)

    assert answer.status_code == 403
    assert services.get(UserService).get(other.id).full_name == "Other"


def test_nobody_changes_who_may_do_more_than_they(client, services, admin, helper_headers):
    """API-08: who gets an administrator's mail becomes one."""
    answer = client.put(path_of(admin), json={"email": "me@evil.example"}, headers=helper_headers)

    assert answer.status_code == 403
    assert services.get(UserService).get(admin.id).email == admin.email


def test_an_unknown_user_cannot_be_changed(client, headers):
    answer = client.put(f"/api/users/{new_id()}", json={"full_name": "X"}, headers=headers)

    assert answer.status_code == 404


def test_a_change_of_what_one_has_read_is_made(client, user, headers):
    read = client.get(path_of(user), headers=headers).headers["ETag"]

    answer = client.put(
        path_of(user), json={"full_name": "X"}, headers=headers | {"If-Match": read}
    )

    assert answer.status_code == 200
    assert answer.headers["ETag"] != read


def test_a_change_of_what_has_changed_meanwhile_is_refused(client, user, headers):
    """RFC 9110, section 13.1.1."""
    read = client.get(path_of(user), headers=headers).headers["ETag"]
    client.put(path_of(user), json={"full_name": "First"}, headers=headers)

    answer = client.put(
        path_of(user), json={"full_name": "Second"}, headers=headers | {"If-Match": read}
    )

    assert answer.status_code == 412
    assert client.get(path_of(user), headers=headers).json["full_name"] == "First"


# Deleting -----------------------------------------------------------------------------------------


def test_one_deletes_oneself(client, user, own_headers):
    answer = client.delete(path_of(user), headers=own_headers)

    assert answer.status_code == 204
    assert not may_sign_in(client, user.email)


def test_the_token_of_who_is_deleted_dies_at_once(client, user, own_headers):
    client.delete(path_of(user), headers=own_headers)

    assert client.get(path_of(user), headers=own_headers).status_code == 401


def test_an_administrator_deletes_a_user(client, user, headers):
    client.delete(path_of(user), headers=headers)

    assert client.get(path_of(user), headers=headers).status_code == 404


def test_who_is_deleted_cannot_be_deleted_again(client, user, headers):
    client.delete(path_of(user), headers=headers)

    assert client.delete(path_of(user), headers=headers).status_code == 404


def test_others_may_not_delete_me(client, services, make_user, own_headers):
    """API-04."""
    other = make_user()

    answer = client.delete(path_of(other), headers=own_headers)

    assert answer.status_code == 403
    assert services.get(UserService).get(other.id).email == other.email


def test_nobody_deletes_who_may_do_more_than_they(client, services, admin, helper_headers):
    """API-08, CVE-2026-3121."""
    answer = client.delete(path_of(admin), headers=helper_headers)

    assert answer.status_code == 403
    assert services.get(UserService).get(admin.id).enabled


def test_the_last_administrator_stays(client, headers):
    [only] = walk(client, headers)

    answer = client.delete(f"/api/users/{only['id']}", headers=headers)

    assert answer.status_code == 409
    assert answer.json["code"] == "last_administrator"


def test_an_administrator_beside_another_may_go(client, admin, headers):
    assert client.delete(path_of(admin), headers=headers).status_code == 204


def test_a_disabled_administrator_does_not_count(client, services, admin, headers):
    services.get(UserService).disable(SYSTEM, None, admin.id)
    only = next(item for item in walk(client, headers) if item["id"] != str(admin.id))

    answer = client.delete(f"/api/users/{only['id']}", headers=headers)

    assert answer.status_code == 409


# Disabling ----------------------------------------------------------------------------------------


def test_who_is_disabled_is_out_at_once(client, user, own_headers, headers):
    """API-14."""
    answer = client.post(path_of(user, "disable"), headers=headers)

    assert answer.status_code == 204
    assert client.get(path_of(user), headers=own_headers).status_code == 401
    assert not may_sign_in(client, user.email)


def test_who_is_disabled_is_shown_so(client, user, headers):
    client.get(path_of(user), headers=headers)

    client.post(path_of(user, "disable"), headers=headers)

    assert client.get(path_of(user), headers=headers).json["enabled"] is False


def test_who_is_enabled_again_may_sign_in(client, user, headers):
    client.post(path_of(user, "disable"), headers=headers)

    answer = client.post(path_of(user, "enable"), headers=headers)

    assert answer.status_code == 204
    assert may_sign_in(client, user.email)


def test_enabling_again_does_not_revive_the_sessions_of_before(client, user, own_headers, headers):
    client.post(path_of(user, "disable"), headers=headers)

    client.post(path_of(user, "enable"), headers=headers)

    assert client.get(path_of(user), headers=own_headers).status_code == 401


def test_disabling_twice_is_as_good_as_once(client, user, headers):
    client.post(path_of(user, "disable"), headers=headers)

    assert client.post(path_of(user, "disable"), headers=headers).status_code == 204


@pytest.mark.parametrize("verb", ["enable", "disable"])
def test_one_may_not_do_that_oneself(client, user, own_headers, verb):
    assert client.post(path_of(user, verb), headers=own_headers).status_code == 403


@pytest.mark.parametrize("verb", ["enable", "disable"])
def test_nobody_does_that_to_who_may_do_more_than_they(client, admin, helper_headers, verb):
    """API-08."""
    assert client.post(path_of(admin, verb), headers=helper_headers).status_code == 403


@pytest.mark.parametrize("verb", ["enable", "disable"])
def test_it_cannot_be_done_to_an_unknown_user(client, headers, verb):
    assert client.post(f"/api/users/{new_id()}/{verb}", headers=headers).status_code == 404


def test_the_last_administrator_cannot_be_disabled(client, headers):
    [only] = walk(client, headers)

    answer = client.post(f"/api/users/{only['id']}/disable", headers=headers)

    assert answer.status_code == 409
    assert client.get("/api/users", headers=headers).status_code == 200


# The record ---------------------------------------------------------------------------------------


def test_every_deed_is_recorded_with_who_did_it(client, services, user, headers):
    client.put(path_of(user), json={"full_name": "X"}, headers=headers)
    client.post(path_of(user, "disable"), headers=headers)
    client.post(path_of(user, "enable"), headers=headers)
    client.delete(path_of(user), headers=headers)

    events = services.get(AuditService).list(Search(user_id=user.id), before=None, limit=4)

    assert [event.event for event in reversed(events)] == [
        *("user.updated", "user.disabled", "user.enabled", "user.deleted")
    ]
    assert {event.actor_kind for event in events} == {"user"}
    assert len({event.actor_id for event in events} - {str(user.id)}) == 1


def test_what_changed_nothing_is_not_recorded(client, services, user, headers):
    client.put(path_of(user), json={"full_name": "Una Example"}, headers=headers)

    events = services.get(AuditService).list(Search(event="user.updated"), before=None, limit=9)

    assert events == []
