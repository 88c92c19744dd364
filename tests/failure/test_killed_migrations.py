"""``authserver migrate`` is killed in the middle: nothing is half done, the next one does it."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import psycopg2
import pytest

from authserver.devservices.postgres import EmbeddedPostgres
from authserver.storage.connections import libpq_options
from authserver.storage.migrations import head_revision
from tests.attacks.rows import attack
from tests.support.live_server import ROOT

# Whoever makes this table waits: most are there then, and some are not.
_HELD_UP = """
CREATE FUNCTION hold_up() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
    IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands()
               WHERE object_identity = 'public.sessions')
    THEN PERFORM pg_sleep(60); END IF;
END $$;
CREATE EVENT TRIGGER hold_up ON ddl_command_end EXECUTE FUNCTION hold_up();
"""
_TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
_SLEEPING = """SELECT count(*) FROM pg_stat_activity
               WHERE wait_event = 'PgSleep' AND datname = current_database()"""
_SECONDS = 60.0


@pytest.fixture
def url(postgres: EmbeddedPostgres) -> str:
    return postgres.create_database(f"half_migrated_{uuid4().hex[:8]}")


def ask(url: str, query: str) -> int:
    with closing(psycopg2.connect(**libpq_options(url))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(query)
            row = cursor.fetchone() if cursor.description else None
    return int(row[0]) if row else 0


def command(url: str, folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    settings = {
        "AUTHSERVER_ISSUER": "http://localhost:8000",
        "AUTHSERVER_DATABASE_URL": url,
        "AUTHSERVER_KEYS_DIR": str(folder / "keys"),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "authserver", *arguments],
        cwd=ROOT,
        env=dict(os.environ) | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@attack("FT-21")
def test_a_migration_that_was_killed_is_done_by_the_next(url: str, tmp_path: Path) -> None:
    """One transaction: what was made is gone with it, and the database says that it is empty."""
    ask(url, _HELD_UP)
    with command(url, tmp_path, "migrate") as migration:
        deadline = time.monotonic() + _SECONDS
        while ask(url, _SLEEPING) == 0:
            assert migration.poll() is None, migration.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        migration.send_signal(signal.SIGKILL)
    ask(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
    ask(url, "DROP EVENT TRIGGER hold_up")
    left = ask(url, _TABLES)
    refused = command(url, tmp_path, "bootstrap")
    said, _ = refused.communicate(timeout=_SECONDS)
    again = command(url, tmp_path, "migrate")
    again.communicate(timeout=_SECONDS)

    assert left == 0
    assert (refused.returncode, again.returncode) == (1, 0)
    assert "The database is empty. Run `authserver migrate`" in said
    assert ask(url, "SELECT version_num FROM alembic_version") == int(head_revision())
