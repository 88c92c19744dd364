"""The pool of the hot path: bounded, prepared once, and never waiting longer than promised."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from authserver.errors import Unavailable
from authserver.storage.connections import connector
from authserver.storage.prepared_connection import prepared_connector
from authserver.storage.statements import Statement, Statements
from tests.integration.storage.conftest import PROMISED, SLACK

ONE = Statement("one", "SELECT $1::int", 1)
NOTHING = Statement("nothing", "SELECT 1 WHERE false", 0)
MANY = Statement("many", "SELECT generate_series(1, $1::int)", 1)
SLEEP = Statement("sleep", "SELECT 1 FROM pg_sleep($1::float)", 1)
BROKEN = Statement("broken", "SELECT 1 / $1::int", 1)
BACKEND = Statement("backend", "SELECT pg_backend_pid()", 0)
PREPARED = Statement("prepared", "SELECT name FROM pg_prepared_statements", 0)


def seconds_until_unavailable(action) -> float:
    started = time.monotonic()
    with pytest.raises(Unavailable):
        action()
    return time.monotonic() - started


def test_a_statement_answers_with_its_first_row(make_statements):
    assert make_statements(1).one(ONE, 7) == (7,)


def test_no_row_is_none(make_statements):
    assert make_statements(1).one(NOTHING) is None


def test_all_rows_may_be_asked_for(make_statements):
    assert make_statements(1).all(MANY, 3) == [(1,), (2,), (3,)]


def test_a_statement_is_prepared_once(make_statements):
    """performance.md, rule 3."""
    statements = make_statements(1)
    for number in range(3):
        statements.one(ONE, number)

    assert sorted(statements.all(PREPARED)) == [("one",), ("prepared",)]


def test_one_after_another_all_use_one_connection(make_statements):
    statements = make_statements(5)

    assert len({statements.one(BACKEND) for _ in range(10)}) == 1


def test_there_are_never_more_connections_than_the_pool_has_room_for(own_postgres):
    """performance.md, rule 3: not one for each of many threads."""
    opened = []
    connect = prepared_connector(own_postgres.url)
    statements = Statements(lambda: opened.append(1) or connect(), 3, patience=10)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: statements.one(SLEEP, 0.02), range(64)))

    statements.close()
    assert len(opened) == 3


def test_who_finds_no_connection_free_does_not_wait_for_long(make_statements):
    statements = make_statements(1, patience=0.2)
    with ThreadPoolExecutor(1) as pool:
        busy = pool.submit(statements.one, SLEEP, 1.0)
        while len(statements._slots):
            time.sleep(0.01)

        waited = seconds_until_unavailable(lambda: statements.one(ONE, 1))

        assert 0.2 <= waited < 0.2 + SLACK
        assert busy.result() == (1,)


def test_a_statement_that_fails_leaves_the_pool_as_it_was(make_statements):
    statements = make_statements(1)
    before = statements.one(BACKEND)

    with pytest.raises(psycopg.DataError):
        statements.one(BROKEN, 0)

    assert statements.one(BACKEND) == before


def test_each_statement_commits_by_itself(make_statements, own_postgres):
    with connector(own_postgres.url)() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept (id int)")

    make_statements(1).all(Statement("put", "INSERT INTO kept VALUES ($1::int)", 1), 1)

    kept = Statement("kept", "SELECT count(*) FROM kept", 0)
    assert make_statements(1).one(kept) == (1,)


def test_it_may_be_used_again_after_it_was_closed(make_statements):
    """As after a fork, or after a restart of PostgreSQL."""
    statements = make_statements(1)
    statements.one(ONE, 1)

    statements.close()

    assert statements.one(ONE, 2) == (2,)


# PostgreSQL away ----------------------------------------------------------------------------------


def test_after_a_restart_one_request_fails_and_no_more(make_statements, own_postgres):
    """security.md, R3: the idle connections are broken as well, and go together."""
    statements = make_statements(3)
    use_all_three(statements)
    own_postgres.kill()
    own_postgres.start()

    with pytest.raises(Unavailable):
        statements.one(ONE, 1)

    assert use_all_three(statements) == [(1,)] * 3


def use_all_three(statements) -> list:
    """Three statements at the same time, so that each has a connection of its own."""
    with ThreadPoolExecutor(3) as pool:
        return list(pool.map(lambda _: statements.one(SLEEP, 0.2), range(3)))


def test_a_server_that_is_down_is_unavailable_at_once(make_statements, own_postgres):
    statements = make_statements(1)
    own_postgres.stop()
    try:
        assert seconds_until_unavailable(lambda: statements.one(ONE, 1)) < SLACK
    finally:
        own_postgres.start()

    assert statements.one(ONE, 1) == (1,)


def test_a_frozen_server_is_unavailable_in_time(make_statements, own_postgres, frozen):
    """protocol.md, What fails how: within 2 s, never a hang."""
    statements = make_statements(1)
    statements.one(ONE, 1)

    with frozen(own_postgres.pid):
        waited = seconds_until_unavailable(lambda: statements.one(ONE, 1))

    assert waited < PROMISED + SLACK
    assert statements.one(ONE, 1) == (1,)


def test_nobody_waits_longer_than_promised_for_a_frozen_server(
    make_statements, own_postgres, frozen
):
    """Neither who waits for a connection first, nor who must open one."""
    statements = make_statements(2)
    statements.one(ONE, 1)

    with frozen(own_postgres.pid), ThreadPoolExecutor(6) as pool:
        waits = []
        for _ in range(6):
            waits.append(pool.submit(seconds_until_unavailable, lambda: statements.one(ONE, 1)))
            time.sleep(0.4)
        longest = max(wait.result() for wait in waits)

    assert longest < PROMISED + SLACK


def test_a_frozen_server_cannot_be_connected_to_in_time(make_statements, own_postgres, frozen):
    statements = make_statements(1)

    with frozen(own_postgres.pid):
        assert seconds_until_unavailable(lambda: statements.one(ONE, 1)) < PROMISED + SLACK


def test_a_socket_that_nobody_answers_is_unavailable_in_time():
    """A network that swallows packets."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        url = f"postgresql://nobody@127.0.0.1:{listener.getsockname()[1]}/nowhere"
        statements = Statements(prepared_connector(url), 1)

        waited = seconds_until_unavailable(lambda: statements.one(ONE, 1))

    assert waited < PROMISED + SLACK


def test_a_statement_that_takes_too_long_is_cancelled_by_the_server(make_statements):
    """So that the work does not go on after everybody has left."""
    statements = make_statements(1)

    waited = seconds_until_unavailable(lambda: statements.one(SLEEP, 10.0))

    running = Statement(
        "running",
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = $1::text",
        1,
    )
    assert waited < PROMISED + SLACK
    assert statements.one(running, SLEEP.sql) == (0,)


def test_a_connection_that_broke_in_the_middle_is_not_given_out_again(make_statements):
    statements = make_statements(1)
    (victim,) = statements.one(BACKEND)
    terminate = Statement("terminate", "SELECT pg_terminate_backend($1::int)", 1)
    killer = threading.Timer(0.2, lambda: make_statements(1).one(terminate, victim))
    killer.start()

    with pytest.raises(Unavailable):
        statements.one(SLEEP, 1.5)

    killer.join()
    assert statements.one(BACKEND) != (victim,)
