"""Metrics of the queue: what waits, for how long, and what became of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from authserver.bootstrap import bootstrap
from authserver.devservices.postgres import EmbeddedPostgres
from authserver.job_queue.job import QueueFigures
from authserver.job_queue.repository import JobRepository
from authserver.sessions.logout_notices import BACK_CHANNEL_LOGOUT
from authserver.settings import Settings
from authserver.storage.db import Database
from authserver.storage.jobs import JobQueue
from authserver.storage.migrations import migrate
from authserver.wiring import build
from tests.support.live_server import free_port
from tests.support.load import wait_until
from tests.support.metrics import scrape
from tests.support.worker_process import WorkerProcess

# Of a client that is gone: there is nobody to tell, and so it is done at once.
NOBODY = {"client_id": "gone", "user_id": str(uuid4()), "browser_session_id": str(uuid4())}
DONE = "authserver_job_attempts_total"
JOBS = "authserver_job_queue_jobs"


def enqueue(database: Database, name: str = BACK_CHANNEL_LOGOUT, **arguments: str) -> None:
    with database.transaction() as tx:
        JobQueue().enqueue(tx, name, NOBODY | arguments)


def sql(database: Database, statement: str) -> None:
    with database.transaction() as tx:
        tx.execute(text(statement))


def figures(database: Database) -> list[QueueFigures]:
    with database.transaction() as tx:
        return JobRepository().figures(tx)


@pytest.fixture
def queue(database: Database) -> Database:
    sql(database, "DELETE FROM procrastinate_jobs")
    return database


def test_an_empty_queue_has_no_figures(queue):
    assert figures(queue) == []


def test_jobs_are_counted_by_task_and_status(queue):
    for name in ("mail", "mail", "notice"):
        enqueue(queue, name)
    sql(queue, "UPDATE procrastinate_jobs SET status = 'failed' WHERE task_name = 'notice'")

    found = {(each.task, each.status): each.number for each in figures(queue)}

    assert found == {("mail", "waiting"): 2, ("notice", "failed"): 1}


def test_the_oldest_job_says_for_how_long_it_has_been_due(queue):
    enqueue(queue, "mail")
    enqueue(queue, "mail")
    sql(
        queue,
        "UPDATE procrastinate_events SET at = now() - interval '10 minutes' WHERE job_id = "
        "(SELECT min(id) FROM procrastinate_jobs)",
    )

    (mail,) = figures(queue)

    assert 590 < mail.waiting_seconds < 660


def test_a_job_for_later_waits_and_is_not_late(queue):
    enqueue(queue, "mail")
    sql(queue, "UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 hour'")
    sql(queue, "UPDATE procrastinate_events SET at = now() - interval '1 day'")

    (mail,) = figures(queue)

    assert (mail.number, mail.waiting_seconds) == (1, 0)


def test_a_job_is_late_from_the_time_that_it_was_due(queue):
    enqueue(queue, "mail")
    sql(queue, "UPDATE procrastinate_jobs SET scheduled_at = now() - interval '1 minute'")
    sql(queue, "UPDATE procrastinate_events SET at = now() - interval '1 day'")

    (mail,) = figures(queue)

    assert 55 < mail.waiting_seconds < 120


@pytest.fixture
def installation(
    postgres: EmbeddedPostgres, tmp_path: Path
) -> Iterator[tuple[Database, dict[str, Any]]]:
    url = postgres.create_database(f"queue_{uuid4().hex[:12]}")
    migrate(url)
    values = {
        "issuer": "http://localhost:8000",
        "database_url": url,
        "keys_dir": tmp_path / "keys",
        "metrics_bind": f"127.0.0.1:{free_port()}",
    }
    services = build(Settings(**values))
    bootstrap(services)
    yield services.get(Database), values
    services.get(Database).close()


def seen(address: str, name: str, **labels: str) -> float:
    """0 as long as there is no worker."""
    try:
        return scrape(address).of(name, **labels)
    except OSError:
        return 0


def test_a_worker_tells_what_it_has_done_and_given_up(installation, tmp_path):
    database, values = installation
    address, task = values["metrics_bind"], {"task": BACK_CHANNEL_LOGOUT}
    enqueue(database)
    enqueue(database, surplus="an argument that no job has")
    # One attempt is left to it.
    sql(database, "UPDATE procrastinate_jobs SET attempts = 7 WHERE args ? 'surplus'")

    with WorkerProcess(values, tmp_path / "worker.log"):
        wait_until(lambda: seen(address, DONE, outcome="done", **task) == 1, 60)
        wait_until(lambda: seen(address, DONE, outcome="given_up", **task) == 1, 60)
        wait_until(lambda: seen(address, JOBS, status="failed", **task) == 1, 30)
        found = scrape(address)

    assert found.of("authserver_processes", kind="worker") == 1
    assert found.of("authserver_database_up") == 1
    assert found.of(DONE, outcome="failed", **task) == 0
