"""Many at once, and many in a row: what PostgreSQL makes of the statements."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from authserver.actor import SYSTEM
from authserver.errors import InvalidGrant
from authserver.storage.db import open_database

THREADS = 8


@pytest.fixture
def handle(sessions, sign_in):
    return sessions.begin(sign_in, SYSTEM)[1]


def attempt(sessions, handle) -> int | None:
    """The generation that the session has afterwards, or None for a refusal."""
    try:
        return sessions.rotate(handle, "web", None, None, SYSTEM).generation
    except InvalidGrant:
        return None


def test_of_many_at_once_all_get_the_same_successor(sessions, handle, rows):
    """protocol.md, Invariant."""
    with ThreadPoolExecutor(THREADS) as pool:
        outcomes = list(pool.map(lambda _: attempt(sessions, handle), range(THREADS * 5)))

    assert set(outcomes) == {1}
    assert rows.get(handle.session_id).generation == 1


def test_without_leeway_one_of_many_succeeds(make_sessions, handle, rows):
    strict = make_sessions(refresh_leeway=0)

    with ThreadPoolExecutor(THREADS) as pool:
        outcomes = list(pool.map(lambda _: attempt(strict, handle), range(THREADS)))

    assert outcomes.count(1) == 1
    assert set(outcomes) == {1, None}
    assert rows.get(handle.session_id).end_reason == "reuse"


def test_nothing_moves_on_after_the_end(sessions, handle, rows):
    """A logout among refreshes: whoever comes later is refused."""
    with ThreadPoolExecutor(THREADS) as pool:
        racing = [pool.submit(attempt, sessions, handle) for _ in range(THREADS)]
        sessions.end(handle.session_id, "logout", SYSTEM)
        for future in racing:
            future.result()

    assert rows.get(handle.session_id).end_reason == "logout"
    assert attempt(sessions, replace(handle, generation=1)) is None
    assert attempt(sessions, handle) is None


def test_a_rotation_that_waited_for_a_disabling_is_refused(sessions, handle, database):
    """security.md, invariant 4: PostgreSQL looks again at what it waited for."""
    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as tx:
            tx.connection().exec_driver_sql("UPDATE users SET credential_generation = 1")
            tx.connection().exec_driver_sql("UPDATE sessions SET ended_at = now()")
            waiting = pool.submit(attempt, sessions, handle)
            time.sleep(0.1)
            assert not waiting.done()

        assert waiting.result() is None


def test_rotation_updates_in_place(make_sessions, handle, database, rows):
    """performance.md, rule 4: HOT, so that neither the table nor its indexes grow."""
    own = open_database(database.engine.url.render_as_string(hide_password=False), 1)
    repository = replace(make_sessions().sessions, hot=own.statements)
    sessions = replace(make_sessions(), sessions=repository)
    before, size = counters(rows), size_of_table(rows)
    for generation in range(1000):
        assert attempt(sessions, replace(handle, generation=generation)) == generation + 1
    # A connection that ends reports what it did.
    own.close()

    updated, hot = until(
        lambda: [now - then for now, then in zip(counters(rows), before, strict=True)], 1000
    )

    assert hot >= 0.99 * updated
    assert size_of_table(rows) <= size + 8192


def size_of_table(rows) -> int:
    return rows.sql("SELECT pg_relation_size('sessions') AS size")[0].size


def counters(rows) -> list[int]:
    rows.sql("SELECT pg_stat_clear_snapshot()")
    query = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'sessions'"
    return list(rows.sql(query)[0])


def until(read, least: int) -> list[int]:
    """What is read, as soon as the first number has reached ``least``."""
    deadline = time.monotonic() + 10
    while (found := read())[0] < least and time.monotonic() < deadline:
        time.sleep(0.05)
    assert found[0] >= least
    return found
