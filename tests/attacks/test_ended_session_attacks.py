"""What outlives the end of a session: nothing (rows RF-16 to RF-18, RF-27, RF-28, RF-36, RF-38)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from authserver.actor import SYSTEM
from authserver.users.service import UserService
from tests.attacks.rows import attack
from tests.factories.users import TestUser
from tests.support.relying_party import RelyingParty, bearer
from tests.support.session_rows import SessionRows, session_id_of

NEW_PASSWORD = "another staple for the battery"


def assert_dead(party: RelyingParty, tokens: dict[str, Any]) -> None:
    """The session cannot be refreshed, and its access token is inactive."""
    answer = party.refresh(tokens["refresh_token"])
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")
    assert party.introspect(tokens["access_token"]).json == {"active": False}
    userinfo = party.http.open("/oauth2/userinfo", headers=bearer(tokens["access_token"]))
    assert userinfo.status_code == 401


def assert_alive(party: RelyingParty, tokens: dict[str, Any]) -> None:
    assert party.introspect(tokens["access_token"]).json["active"] is True
    assert party.refresh(tokens["refresh_token"]).status_code == 200


@pytest.fixture
def tokens(relying_party, user) -> dict[str, Any]:
    answer: dict[str, Any] = relying_party.password(user).json
    return answer


@attack("RF-16")
def test_a_disabled_user_has_no_session(client, relying_party, user, tokens, admin_token):
    """GHSA-wv3h-x6c4-r867; the row's ``PUT active=false`` is POST .../disable with us."""
    client.post(f"/api/users/{user.id}/disable", headers=bearer(admin_token))

    assert_dead(relying_party, tokens)


@attack("RF-16")
def test_a_user_who_is_enabled_again_must_sign_in_again(relying_party, user, tokens, services):
    """The family is revoked, and not only asleep."""
    services.get(UserService).disable(SYSTEM, None, user.id)
    services.get(UserService).enable(SYSTEM, None, user.id)

    assert_dead(relying_party, tokens)


@attack("RF-17")
def test_a_deleted_user_has_no_session(client, relying_party, user, tokens, admin_token):
    """ASVS 5.0, 7.4.2."""
    client.delete(f"/api/users/{user.id}", headers=bearer(admin_token))

    assert_dead(relying_party, tokens)


@attack("RF-18")
def test_a_new_user_of_the_same_address_does_not_inherit(
    relying_party, make_user, user, tokens, services
):
    """CVE-2026-55670: ids are never used again."""
    services.get(UserService).delete(SYSTEM, None, user.id)

    successor = make_user(email=user.email)

    assert successor.id != user.id
    assert_dead(relying_party, tokens)


# A change of password -----------------------------------------------------------------------------


@pytest.fixture
def change_password(client) -> Callable[[TestUser, str], None]:
    """Change the password by an access token of the built-in client, as its owner does."""

    def change(user: TestUser, token: str) -> None:
        answer = client.put(
            f"/api/users/{user.id}/password",
            json={"current_password": user.password, "new_password": NEW_PASSWORD},
            headers=bearer(token),
        )
        assert answer.status_code == 204

    return change


def login(client: Any, user: TestUser) -> dict[str, Any]:
    body = {"email": user.email, "password": user.password}
    answer: dict[str, Any] = client.post("/api/auth/login", json=body).json
    return answer


def refresh(client: Any, token: str) -> Any:
    return client.post("/api/auth/refresh", json={"refreshToken": token})


@attack("RF-27")
def test_a_change_of_password_ends_the_other_sessions(
    client, relying_party, user, tokens, change_password
):
    """ASVS 5.0, 7.4.3: at other clients and at the same one."""
    mine, other = login(client, user), login(client, user)

    change_password(user, mine["accessToken"])

    assert_dead(relying_party, tokens)
    assert refresh(client, other["refreshToken"]).status_code == 401


@attack("RF-27")
def test_a_change_of_password_keeps_the_session_that_it_came_from(client, user, change_password):
    mine = login(client, user)

    change_password(user, mine["accessToken"])

    second = refresh(client, mine["refreshToken"])
    assert second.status_code == 200
    assert refresh(client, second.json["refreshToken"]).status_code == 200


@attack("RF-28")
def test_a_change_of_password_does_not_concern_others(
    client, relying_party, make_user, user, change_password
):
    other = relying_party.password(make_user()).json

    change_password(user, login(client, user)["accessToken"])

    assert_alive(relying_party, other)


@attack("RF-28")
def test_disabling_one_user_does_not_concern_others(relying_party, make_user, tokens, services):
    services.get(UserService).disable(SYSTEM, None, make_user().id)

    assert_alive(relying_party, tokens)


# Many sessions ------------------------------------------------------------------------------------

CAP = 3


@pytest.fixture
def crowded(make_app, new_client, user) -> tuple[Any, list[dict[str, Any]]]:
    """A server that lets a user have three sessions, and the answers to five sign-ins there."""
    app, _ = make_app(sessions_per_user=CAP)
    client = new_client(app)
    return client, [login(client, user) for _ in range(CAP + 2)]


@attack("RF-36")
def test_the_oldest_sessions_end_when_there_are_too_many(crowded):
    """ASVS 5.0, 7.1.2; the cap is AUTHSERVER_SESSIONS_PER_USER."""
    client, signed_in = crowded

    answers = [refresh(client, tokens["refreshToken"]).status_code for tokens in signed_in]

    assert answers == [401, 401, 200, 200, 200]


@attack("RF-36")
def test_the_list_of_sessions_comes_in_pages(crowded, user):
    client, signed_in = crowded
    headers = bearer(signed_in[-1]["accessToken"])
    found, cursor = [], ""

    while cursor is not None:
        query = f"?limit=2{cursor and '&cursor=' + cursor}"
        page = client.get(f"/api/users/{user.id}/sessions{query}", headers=headers).json
        assert len(page["items"]) <= 2
        found += [session["id"] for session in page["items"]]
        cursor = page["next_cursor"]

    assert found == [
        str(session_id_of(tokens["accessToken"])) for tokens in reversed(signed_in[-CAP:])
    ]


# A revocation that cannot be stored ---------------------------------------------------------------


@contextmanager
def held(rows: SessionRows) -> Iterator[None]:
    """Somebody holds all rows of sessions, and does not let go."""
    with rows.database.engine.begin() as connection:
        connection.exec_driver_sql("SELECT 1 FROM sessions FOR UPDATE")
        yield


@contextmanager
def full(rows: SessionRows, table: str) -> Iterator[None]:
    """Each write to a table fails as it does on a full disk."""
    rows.sql(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = 'disk_full'; END $$"
    )
    rows.sql(
        f"CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse()"
    )
    try:
        yield
    finally:
        rows.sql("DROP FUNCTION refuse CASCADE")


def assert_unavailable(answer: Any) -> None:
    assert (answer.status_code, answer.json["error"]) == (503, "temporarily_unavailable")
    assert int(answer.headers["Retry-After"]) >= 1


@attack("RF-38")
def test_a_revocation_that_waits_too_long_is_not_reported_as_done(
    client, relying_party, tokens, rows
):
    """CVE-2020-15223, GHSA-7mqr-2v3q-v2wm; and nobody hangs."""
    client.may_fail = True

    with held(rows):
        assert_unavailable(relying_party.revoke(tokens["refresh_token"]))

    assert_alive(relying_party, tokens)


@attack("RF-38")
@pytest.mark.parametrize(
    ("kind", "table"),
    [
        ("refresh_token", "sessions"),
        ("refresh_token", "audit_events"),
        ("access_token", "revoked_access_tokens"),
    ],
)
def test_a_revocation_that_cannot_be_stored_is_not_reported_as_done(
    client, relying_party, tokens, rows, kind, table
):
    client.may_fail = True

    with full(rows, table):
        assert_unavailable(relying_party.revoke(tokens[kind]))

    assert_alive(relying_party, tokens)


@attack("RF-38")
def test_reuse_that_cannot_be_recorded_gives_no_tokens(client, relying_party, tokens, rows):
    """Fail closed: the session is not ended, and nobody gets anything from the stolen token."""
    first = tokens["refresh_token"]
    second = relying_party.refresh(first).json["refresh_token"]
    relying_party.refresh(second)
    client.may_fail = True

    with full(rows, "sessions"):
        assert_unavailable(relying_party.refresh(first))
