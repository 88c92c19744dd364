"""How sessions end, who is left, and what is cleared away."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from authserver.actor import SYSTEM
from authserver.clock import SystemClock
from authserver.errors import SessionNotFound


@pytest.fixture
def begin(sessions, sign_in):
    """``begin()``: a new session and its handle."""
    return lambda **changes: sessions.begin(replace(sign_in, **changes), SYSTEM)


def living(rows) -> list:
    return [row.id for row in rows.sql("SELECT id FROM sessions WHERE ended_at IS NULL")]


def test_a_session_is_ended_with_a_reason(sessions, begin, rows):
    session, _ = begin()

    sessions.end(session.id, "logout", SYSTEM)

    assert rows.get(session.id).end_reason == "logout"


def test_what_has_ended_keeps_its_first_end(sessions, begin, rows):
    session, _ = begin()
    sessions.end(session.id, "logout", SYSTEM)
    first = rows.get(session.id)

    sessions.end(session.id, "again", SYSTEM)

    assert rows.get(session.id) == first
    assert len(rows.events("session.ended")) == 1


def test_a_handle_of_any_generation_ends_its_session(sessions, begin):
    """RFC 7009, section 2.1."""
    _, handle = begin()

    sessions.end_of_client(replace(handle, generation=7), "web", "revoked", SYSTEM)

    assert sessions.find(handle) is None


@pytest.mark.parametrize(
    "wrong", [{"secret": "x"}, {"session_id": uuid4()}], ids=["secret", "session"]
)
def test_a_handle_that_is_wrong_ends_nothing(sessions, begin, wrong):
    session, handle = begin()

    sessions.end_of_client(replace(handle, **wrong), "web", "revoked", SYSTEM)

    assert sessions.find(handle).id == session.id


def test_another_client_ends_nothing(sessions, begin):
    session, handle = begin()

    sessions.end_of_client(handle, "other", "revoked", SYSTEM)

    assert sessions.find(handle).id == session.id


def test_one_session_of_a_user_is_ended(sessions, begin, person, rows):
    (one, _), (other, _) = begin(), begin()

    sessions.end_of_user(person, one.id, SYSTEM)

    assert living(rows) == [other.id]


def test_a_session_of_another_user_is_not_found(sessions, begin, make_person, rows):
    session, _ = begin()

    with pytest.raises(SessionNotFound):
        sessions.end_of_user(make_person(), session.id, SYSTEM)

    assert living(rows) == [session.id]


def test_all_sessions_of_a_user_are_ended(sessions, begin, person, make_person, rows):
    begin()
    begin()
    other, _ = begin(user_id=make_person())

    assert sessions.end_all(person, "logout_all", SYSTEM) == 2
    assert living(rows) == [other.id]


def test_one_survives_a_change_of_the_password(sessions, begin, person, rows):
    """ASVS 5.0, 7.4.3: the session from which the password was changed."""
    (kept, kept_handle), (_, other_handle) = begin(), begin()
    rows.sql("UPDATE users SET credential_generation = 1")

    with sessions.database.transaction() as tx:
        sessions.survive_password_change(tx, person, kept.id, 1, SYSTEM)

    assert sessions.find(kept_handle).id == kept.id
    assert sessions.find(other_handle) is None
    assert living(rows) == [kept.id]


# Access tokens ------------------------------------------------------------------------------------


def test_an_access_token_stands_for_its_person(sessions, sign_in, make_person):
    person = make_person("writer", "admin")
    session, _ = sessions.begin(replace(sign_in, user_id=person), SYSTEM)

    holder = sessions.find_holder(session.id, "jti")

    assert (holder.user_id, holder.roles) == (person, ("admin", "writer"))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE users SET enabled = false",
        "UPDATE users SET credential_generation = credential_generation + 1",
        "UPDATE sessions SET ended_at = now()",
        "UPDATE sessions SET expires_at = now()",
        "UPDATE sessions SET rotated_at = now() - interval '1 hour'",
        "DELETE FROM users",
    ],
)
def test_an_access_token_of_what_has_ended_stands_for_nobody(sessions, begin, rows, change):
    session, handle = begin()

    rows.sql(change)

    assert sessions.find_holder(session.id, "jti") is None
    assert sessions.find(handle) is None


def test_one_revoked_access_token_stands_for_nobody(sessions, begin):
    session, _ = begin()
    later = SystemClock().now() + timedelta(minutes=5)

    sessions.revoke_access_token("one", later, "web", SYSTEM)

    assert sessions.find_holder(session.id, "one") is None
    assert sessions.find_holder(session.id, "another") is not None
    assert sessions.is_access_token_revoked("one")
    assert not sessions.is_access_token_revoked("another")


def test_an_access_token_may_be_revoked_twice(sessions):
    later = SystemClock().now() + timedelta(minutes=5)

    for _ in range(2):
        sessions.revoke_access_token("one", later, "web", SYSTEM)

    assert sessions.is_access_token_revoked("one")
