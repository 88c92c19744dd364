"""How a session begins: in one statement that asks whether it may."""

from dataclasses import replace

import pytest

from authserver.actor import SYSTEM, Actor
from authserver.errors import InvalidCredentials
from authserver.ids import digest


def test_a_session_holds_what_the_sign_in_said(sessions, sign_in):
    session, _ = sessions.begin(sign_in, SYSTEM)

    assert (session.user_id, session.client_id) == (sign_in.user_id, "web")
    assert (session.scope, session.audience) == (sign_in.scope, sign_in.audience)
    assert (session.auth_time, session.amr) == (sign_in.auth_time, ("pwd",))


def test_a_session_begins_in_generation_nought(sessions, sign_in):
    session, handle = sessions.begin(sign_in, SYSTEM)

    assert session.generation == handle.generation == 0


def test_the_row_holds_the_digest_of_the_secret(sessions, sign_in, rows):
    """protocol.md, Tokens: a dump of the database makes no token."""
    session, handle = sessions.begin(sign_in, SYSTEM)

    assert bytes(rows.get(session.id).secret_digest) == digest(handle.secret)


def test_the_roles_of_the_person_come_along(sessions, sign_in, make_person):
    person = make_person("writer", "admin")

    session, _ = sessions.begin(replace(sign_in, user_id=person), SYSTEM)

    assert session.roles == ("admin", "writer")


def test_a_session_remembers_where_it_began(sessions, sign_in, rows):
    actor = Actor("client", "web", address="192.0.2.1", user_agent="A browser")

    session, _ = sessions.begin(sign_in, actor)

    row = rows.get(session.id)
    assert (row.address, row.user_agent) == ("192.0.2.1", "A browser")


def test_the_absolute_end_is_set_by_the_clock_of_the_database(sessions, sign_in, rows):
    """security.md, invariant 2."""
    session, _ = sessions.begin(sign_in, SYSTEM)

    (life,) = rows.sql("SELECT expires_at - created_at AS seconds FROM sessions")
    assert life.seconds.total_seconds() == 86_400
    assert session.expires_at == rows.get(session.id).expires_at


def test_a_person_who_was_disabled_meanwhile_gets_no_session(sessions, sign_in, rows):
    """security.md, invariant 3: between the password and the session."""
    rows.sql("UPDATE users SET enabled = false")

    with pytest.raises(InvalidCredentials):
        sessions.begin(sign_in, SYSTEM)

    assert rows.sql("SELECT * FROM sessions") == []


def test_a_person_whose_password_was_changed_meanwhile_gets_no_session(sessions, sign_in, rows):
    """security.md, invariant 4: also those being born."""
    rows.sql("UPDATE users SET credential_generation = 1")

    with pytest.raises(InvalidCredentials):
        sessions.begin(sign_in, SYSTEM)


def test_one_session_too_many_ends_the_oldest(sessions, sign_in, rows):
    """AUTHSERVER_SESSIONS_PER_USER."""
    begun = [sessions.begin(sign_in, SYSTEM)[0].id for _ in range(4)]

    reasons = [rows.get(session_id).end_reason for session_id in begun]
    assert reasons == ["limit", None, None, None]


def test_the_sessions_of_others_do_not_count(sessions, sign_in, make_person, rows):
    for person in (sign_in.user_id, make_person()):
        for _ in range(3):
            sessions.begin(replace(sign_in, user_id=person), SYSTEM)

    assert rows.sql("SELECT * FROM sessions WHERE ended_at IS NOT NULL") == []


def test_sessions_that_have_ended_do_not_count(sessions, sign_in, rows):
    first = sessions.begin(sign_in, SYSTEM)[0].id
    second = sessions.begin(sign_in, SYSTEM)[0].id
    sessions.end(second, "test", SYSTEM)

    for _ in range(2):
        sessions.begin(sign_in, SYSTEM)

    assert rows.get(first).ended_at is None


def test_a_limit_that_was_lowered_is_reached_at_the_next_sign_in(
    sessions, make_sessions, sign_in, rows
):
    for _ in range(3):
        sessions.begin(sign_in, SYSTEM)

    make_sessions(sessions_per_user=1).begin(sign_in, SYSTEM)

    assert len(rows.sql("SELECT * FROM sessions WHERE ended_at IS NULL")) == 1
