"""What is cleared away, when, and how much at a time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from authserver.actor import SYSTEM
from authserver.clock import SystemClock
from authserver.errors import InvalidGrant
from tests.integration.sessions.conftest import LIFETIMES


@pytest.fixture
def begin(sessions, sign_in):
    """``begin()``: a new session and its handle."""
    return lambda **changes: sessions.begin(replace(sign_in, **changes), SYSTEM)


def pass_time(rows, seconds: float) -> None:
    """As if ``seconds`` had passed since the last thing that happened to any session."""
    rows.sql(
        "UPDATE sessions SET (rotated_at, expires_at, review_at, ended_at) = ("
        "rotated_at - step, expires_at - step, review_at - step, ended_at - step) "
        "FROM (SELECT make_interval(secs => :seconds) AS step) AS passed",
        seconds=seconds,
    )


def ids(rows) -> list:
    return [row.id for row in rows.sql("SELECT id FROM sessions ORDER BY id")]


def test_sessions_of_the_past_are_removed_in_batches(make_sessions, sign_in, rows):
    """performance.md, rule 13."""
    sessions = make_sessions(sessions_per_user=100)
    for _ in range(5):
        sessions.begin(sign_in, SYSTEM)
    pass_time(rows, LIFETIMES.absolute_ttl)
    kept, _ = sessions.begin(sign_in, SYSTEM)

    assert sessions.remove_dead(batch=2) == 5
    assert ids(rows) == [kept.id]


def test_a_session_that_ended_today_stays_for_the_record(sessions, begin, rows):
    session, _ = begin()
    sessions.end(session.id, "logout", SYSTEM)

    assert sessions.remove_dead() == 0
    assert rows.get(session.id).end_reason == "logout"


def test_sessions_that_ended_more_than_a_day_ago_are_removed_in_batches(
    make_sessions, sign_in, rows
):
    sessions = make_sessions(sessions_per_user=100, idle_ttl=864_000, absolute_ttl=864_000)
    for _ in range(5):
        sessions.begin(sign_in, SYSTEM)
    sessions.end_all(sign_in.user_id, "logout_all", SYSTEM)
    pass_time(rows, 86_400)
    kept, _ = sessions.begin(sign_in, SYSTEM)

    assert sessions.remove_dead(batch=2) == 5
    assert ids(rows) == [kept.id]


def test_the_token_of_a_session_that_was_removed_is_refused(sessions, begin, rows):
    """RFC 6749, section 5.2: with or without a row."""
    session, handle = begin()
    sessions.end(session.id, "logout", SYSTEM)
    pass_time(rows, 86_400)
    assert sessions.remove_dead() == 1

    with pytest.raises(InvalidGrant):
        sessions.rotate(handle, "web", None, None, SYSTEM)


def test_a_session_that_has_been_idle_for_too_long_is_removed(sessions, begin, rows):
    begin()
    pass_time(rows, LIFETIMES.idle_ttl)

    assert sessions.remove_dead() == 1
    assert ids(rows) == []


def test_a_session_that_is_used_is_looked_at_again_when_it_may_be_dead(sessions, begin, rows):
    session, _ = begin()
    pass_time(rows, LIFETIMES.idle_ttl)
    rows.sql("UPDATE sessions SET rotated_at = now() - interval '60 seconds'")

    assert sessions.remove_dead(batch=1) == 0

    row = rows.get(session.id)
    assert row.review_at == row.rotated_at + timedelta(seconds=LIFETIMES.idle_ttl)


def test_no_session_is_looked_at_after_its_absolute_end(make_sessions, sign_in, rows):
    session, _ = make_sessions(idle_ttl=600, absolute_ttl=60).begin(sign_in, SYSTEM)

    row = rows.get(session.id)

    assert row.review_at == row.expires_at


def test_revocations_of_expired_tokens_are_removed_in_batches(sessions):
    now = SystemClock().now()
    for number in range(5):
        sessions.revoke_access_token(f"past-{number}", now - timedelta(seconds=1), "web", SYSTEM)
    sessions.revoke_access_token("present", now + timedelta(minutes=5), "web", SYSTEM)

    sessions.remove_dead(batch=2)

    assert not any(sessions.is_access_token_revoked(f"past-{number}") for number in range(5))
    assert sessions.is_access_token_revoked("present")


def test_what_cannot_be_cleared_takes_nothing_back(sessions, begin, rows, database):
    """Revocations that somebody holds do not keep the sessions."""
    begin()
    pass_time(rows, LIFETIMES.absolute_ttl)
    past = SystemClock().now() - timedelta(seconds=1)
    sessions.revoke_access_token("past", past, "web", SYSTEM)

    with database.transaction() as tx:
        tx.connection().exec_driver_sql("SELECT 1 FROM revoked_access_tokens FOR UPDATE")
        removed = sessions.remove_dead()

    assert removed == 1
    assert ids(rows) == []


def test_who_clears_away_does_not_wait_for_who_works(sessions, begin, database, rows):
    """FOR UPDATE SKIP LOCKED."""
    session, _ = begin()
    rows.expire(session.id)
    locked = "SELECT 1 FROM sessions FOR UPDATE"

    with database.transaction() as tx:
        tx.connection().exec_driver_sql(locked)
        removed = sessions.remove_dead()

    assert removed == 0
    assert sessions.remove_dead() == 1


# What PostgreSQL makes of it ----------------------------------------------------------------------


@pytest.fixture
def many_ended(begin, rows):
    """A user with 5,000 sessions that have ended, and statistics that say so."""
    session, _ = begin()
    rows.sql(
        "INSERT INTO sessions (id, user_id, client_id, secret_digest, credential_generation, "
        "scope, audience, auth_time, amr, expires_at, review_at, ended_at) "
        "SELECT gen_random_uuid(), user_id, client_id, secret_digest, 0, scope, audience, "
        "auth_time, amr, expires_at, expires_at, now() FROM sessions, generate_series(1, 5000)"
    )
    rows.sql("ANALYZE sessions")
    return session


def rows_read(rows, query: str) -> int:
    """How many rows of ``sessions`` and its indexes a query looks at."""
    plan = rows.sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}")[0][0][0]["Plan"]
    return sum(
        node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        for node in nodes(plan)
        if "Scan" in node["Node Type"]
    )


def nodes(plan: dict):
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT id FROM sessions WHERE user_id = '{user}' AND ended_at IS NULL ORDER BY id",
        "SELECT id FROM sessions WHERE review_at <= now() ORDER BY review_at LIMIT 5000",
        "SELECT id FROM sessions WHERE ended_at <= now() - interval '1 day' ORDER BY ended_at",
    ],
    ids=["cap", "review", "ended"],
)
def test_sessions_that_have_ended_cost_nobody_anything(many_ended, rows, query):
    """A client whose user signs in all day long must not make each sign-in slower."""
    assert rows_read(rows, query.format(user=many_ended.user_id)) <= 1
