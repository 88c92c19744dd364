"""``authserver migrate`` in two places at once: one does it, the other waits."""

import threading
import time
from contextlib import closing
from secrets import token_hex

import psycopg2
import pytest

from authserver.devservices.postgres import EmbeddedPostgres
from authserver.storage.connections import connector
from authserver.storage.migrations import ADVISORY_LOCK, head_revision, migrate
from tests.attacks.rows import attack

WAITING = """SELECT count(*) FROM pg_locks
             WHERE locktype = 'advisory' AND NOT granted AND objid = %s
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
_SECONDS = 20.0


@pytest.fixture
def url(postgres: EmbeddedPostgres) -> str:
    return postgres.create_database(f"at_once_{token_hex(6)}")


def ask(connection: "psycopg2.extensions.connection", query: str, *values: object) -> object:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        row = cursor.fetchone()
    return row and row[0]


def wait_until_it_waits(connection: "psycopg2.extensions.connection") -> None:
    deadline = time.monotonic() + _SECONDS
    while ask(connection, WAITING, ADVISORY_LOCK) == 0:
        assert time.monotonic() < deadline, "nobody waits for the lock"
        time.sleep(0.02)


@attack("FT-22")
def test_whoever_comes_second_waits_and_has_nothing_to_do(url):
    """security.md, invariant 11. Without the lock both would create the same tables."""
    done: list[str] = []
    with closing(connector(url, bounded=False)()) as first:
        ask(first, "SELECT pg_advisory_xact_lock(%s)", ADVISORY_LOCK)
        second = threading.Thread(target=lambda: done.append(migrate(url)), daemon=True)
        second.start()
        wait_until_it_waits(first)
        tables = ask(first, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        first.commit()
        second.join(_SECONDS)

    assert tables == 0
    assert done == [head_revision()]
