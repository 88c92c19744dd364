"""What is an outage, what is a mistake, and what becomes of connections after either."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from authserver.errors import Unavailable
from authserver.storage.connections import connector
from authserver.storage.db import Database, open_database
from authserver.storage.prepared_connection import prepared_connector
from authserver.storage.statements import Statement, Statements

SLEEP = Statement("sleep", "SELECT 1 FROM pg_sleep($1::float)", 1)
PUT = Statement("put", "INSERT INTO written VALUES ($1::int) RETURNING id", 1)
# As a server that was the primary until a moment ago: the connection lives, and only reads.
DEMOTE = "SELECT set_config('default_transaction_read_only', 'on', false)"


@pytest.fixture
def own_database(own_postgres):
    """One connection each way, and a table ``written`` with a unique column."""
    database = open_database(own_postgres.url, pool_size=1)
    run(database, "CREATE TABLE written (id int UNIQUE)")
    yield database
    run(database, "DROP TABLE written")
    database.close()


def run(database: Database, sql: str) -> None:
    with database.transaction() as tx:
        tx.execute(text(sql))


def test_a_primary_that_only_reads_is_an_outage_of_the_hot_path(own_database):
    """SQLSTATE 25006, which psycopg files under InternalError."""
    own_database.statements.one(Statement("demote", DEMOTE, 0))

    with pytest.raises(Unavailable):
        own_database.statements.one(PUT, 1)


def test_after_a_failover_the_hot_path_connects_anew(own_database):
    own_database.statements.one(Statement("demote", DEMOTE, 0))
    with pytest.raises(Unavailable):
        own_database.statements.one(PUT, 1)

    assert own_database.statements.one(PUT, 1) == (1,)


def test_a_primary_that_only_reads_is_an_outage_of_transactions(own_database):
    run(own_database, DEMOTE)

    with pytest.raises(Unavailable):
        run(own_database, "INSERT INTO written VALUES (1)")


def test_after_a_failover_transactions_connect_anew(own_database):
    run(own_database, DEMOTE)
    with pytest.raises(Unavailable):
        run(own_database, "INSERT INTO written VALUES (1)")

    run(own_database, "INSERT INTO written VALUES (1)")


@pytest.mark.parametrize("state", ["25006", "53100", "53300", "57P01", "58030"])
def test_what_the_server_cannot_help_is_an_outage(own_database, state):
    """PostgreSQL, appendix A: classes 25, 53, 57 and 58."""
    raising = f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END $$"

    with pytest.raises(Unavailable):
        run(own_database, raising)


@pytest.mark.parametrize(
    ("sql", "mistake"),
    [
        ("SELECT nonsense", ProgrammingError),
        ("INSERT INTO written VALUES (1), (1)", IntegrityError),
    ],
)
def test_a_mistake_of_ours_stays_one_in_transactions(own_database, sql, mistake):
    with pytest.raises(mistake):
        run(own_database, sql)


def test_a_mistake_of_ours_stays_one_on_the_hot_path(own_database):
    own_database.statements.one(PUT, 1)

    with pytest.raises(psycopg.IntegrityError):
        own_database.statements.one(PUT, 1)


# The pool -----------------------------------------------------------------------------------------


def test_all_idle_connections_are_closed(own_postgres):
    """Not only the one that was used last."""
    connections = []
    connect = prepared_connector(own_postgres.url)

    def remember():
        connections.append(connect())
        return connections[-1]

    statements = Statements(remember, 3)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: statements.one(SLEEP, 0.2), range(3)))

    statements.close()

    assert not any(connection.is_ready for connection in connections)


def test_of_many_who_find_postgresql_lost_all_are_told_so():
    """Each of them empties the pool while the others take from it."""
    refused = Statements(prepared_connector("postgresql://nobody@127.0.0.1:1/nowhere"), 5)
    ends = time.monotonic() + 1
    interval = sys.getswitchinterval()

    def errors(_: int) -> set[type[Exception]]:
        found: set[type[Exception]] = set()
        while time.monotonic() < ends:
            try:
                refused.one(SLEEP, 0)
            except Exception as error:  # noqa: BLE001 - which it is, is the question.
                found.add(type(error))
        return found

    sys.setswitchinterval(0.000005)
    try:
        with ThreadPoolExecutor(16) as pool:
            found = set().union(*pool.map(errors, range(16)))
    finally:
        sys.setswitchinterval(interval)

    assert found == {Unavailable}
    assert len(refused._slots) == 5


def test_the_options_of_the_url_stay_beside_ours(own_postgres):
    url = f"{own_postgres.url}&options=-c%20search_path%3Dapart%20-c%20statement_timeout%3D0"

    with connector(url)() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT setting FROM pg_settings WHERE source = 'client' ORDER BY name")
        found = {setting for (setting,) in cursor.fetchall()}

    assert found >= {"apart", "1800"}
