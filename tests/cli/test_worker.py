"""``authserver worker --once``, as cron would call it."""

import os
import subprocess
import sys
from collections.abc import Callable
from uuid import uuid4

import pytest
from sqlalchemy import text

from authserver.devservices.postgres import EmbeddedPostgres
from authserver.sessions.logout_notices import BACK_CHANNEL_LOGOUT
from authserver.storage.db import Database
from authserver.storage.jobs import JobQueue
from authserver.wiring import Services
from tests.support.live_server import ROOT

Worker = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def once(services: Services) -> Worker:
    """``once(database_url=...)``: run it to its end."""

    def run(**changed: str) -> "subprocess.CompletedProcess[str]":
        settings = services.settings
        values = {
            "issuer": settings.issuer,
            "database_url": settings.database_url,
            "keys_dir": str(settings.keys_dir),
        } | changed
        environment = {f"AUTHSERVER_{name.upper()}": value for name, value in values.items()}
        return subprocess.run(
            [sys.executable, "-m", "authserver", "worker", "--once"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"]} | environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def test_it_does_what_is_due_and_ends(once: Worker, services: Services):
    """The client is unknown, so that there is nothing to send: the job is done."""
    arguments = {
        "client_id": "nobody",
        "user_id": str(uuid4()),
        "browser_session_id": str(uuid4()),
    }
    with services.get(Database).transaction() as tx:
        JobQueue().enqueue(tx, BACK_CHANNEL_LOGOUT, arguments)

    done = once()

    assert done.returncode == 0, done.stderr
    with services.get(Database).transaction() as tx:
        assert tx.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0


def test_it_refuses_a_database_without_a_schema(once: Worker, postgres: EmbeddedPostgres):
    done = once(database_url=postgres.create_database(f"empty_{uuid4().hex[:12]}"))

    assert done.returncode == 1
    assert "authserver migrate" in done.stderr


def test_it_says_when_postgresql_is_away(once: Worker):
    done = once(database_url="postgresql://nobody@127.0.0.1:9/nothing")

    assert done.returncode == 1
    assert "PostgreSQL does not answer" in done.stderr
