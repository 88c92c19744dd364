"""Who does the upkeep: the worker, and where no worker does it the servers."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from authserver.clients.replay import ReplayGuard
from authserver.jobs import jobs
from authserver.maintenance import maintain_what_is_left
from authserver.sessions.service import SessionService
from authserver.storage.db import Database
from authserver.upkeep import tasks
from authserver.wiring import Services
from tests.support.worker_process import WorkerProcess


@pytest.fixture
def names(services: Services) -> list[str]:
    return [task.name for task in tasks(services)]


@pytest.fixture
def sql(services: Services) -> Callable[[str], object]:
    def sql(statement: str) -> object:
        with services.get(Database).transaction() as tx:
            return tx.execute(text(statement))

    return sql


@pytest.fixture
def expired(services: Services, sql: Callable[[str], object]) -> Callable[[], int]:
    """An assertion of the past is there; how many of them still are."""
    sql("INSERT INTO used_assertions VALUES ('\\x00', now() - interval '1 hour')")
    return lambda: sql("SELECT count(*) FROM used_assertions").scalar()  # type: ignore[attr-defined]


@pytest.fixture
def worker(services: Services, tmp_path: Path) -> Iterator[WorkerProcess]:
    settings = services.settings
    values = {
        "issuer": settings.issuer,
        "database_url": settings.database_url,
        "redis_url": settings.redis_url,
        "keys_dir": settings.keys_dir,
    }
    with WorkerProcess(values, tmp_path / "worker.log") as worker:
        yield worker


def rounds(sql: Callable[[str], object], names: list[str]) -> bool:
    """Whether all tasks have been done by a worker, within ten seconds."""
    deadline = time.monotonic() + 10
    query = "SELECT task_name FROM procrastinate_periodic_defers WHERE job_id IS NULL"
    while time.monotonic() < deadline:
        if {row[0] for row in sql(query)} >= set(names):  # type: ignore[attr-defined]
            return True
        time.sleep(0.1)
    return False


def test_every_part_of_the_upkeep_is_a_job(services, names):
    scheduled = [job.name for job in jobs(services) if job.schedule]

    assert scheduled == names
    assert len(names) >= 6


def test_without_a_worker_a_server_does_it_all(services, names, expired):
    """Keys must rotate although nobody has started a worker."""
    done = maintain_what_is_left(services)

    assert done == names
    assert expired() == 0


def test_what_a_worker_has_done_no_server_does(services, names, worker, sql, expired):
    done_by_worker = rounds(sql, names)

    left = maintain_what_is_left(services)

    assert done_by_worker, worker.log()
    assert left == []
    assert expired() == 0


def test_what_a_worker_has_not_done_lately_a_server_does(services, names, worker, sql):
    """One that hangs is worth no more than none."""
    assert rounds(sql, names), worker.log()
    worker.__exit__()
    sql("UPDATE procrastinate_periodic_defers SET defer_timestamp = defer_timestamp - 3600")

    done = maintain_what_is_left(services)

    assert done == names


def test_what_a_worker_cannot_do_a_server_does(services, names, worker, sql):
    """A job that fails stays in the queue: its round is not done."""
    assert rounds(sql, names), worker.log()
    worker.__exit__()
    sql(
        """WITH stuck AS (INSERT INTO procrastinate_jobs (queue_name, task_name)
               VALUES ('rotate_keys', 'rotate_keys') RETURNING id)
           UPDATE procrastinate_periodic_defers SET job_id = (SELECT id FROM stuck)
           WHERE task_name = 'rotate_keys'"""
    )

    done = maintain_what_is_left(services)

    assert done == ["rotate_keys"]


def test_a_task_that_fails_keeps_none_of_the_others(services, names, monkeypatch):
    def fail(_: object) -> int:
        raise RuntimeError

    monkeypatch.setattr(SessionService, "remove_dead", fail)

    done = maintain_what_is_left(services)

    assert done == [name for name in names if name != "remove_sessions"]


def test_the_upkeep_goes_in_batches(services, sql, monkeypatch):
    """Attack DO-14: each batch commits by itself, and one that fails takes nothing back."""
    sql(
        """INSERT INTO used_assertions
           SELECT int4send(n), now() - interval '1 hour' FROM generate_series(1, 2500) n"""
    )

    removed = services.get(ReplayGuard).remove_expired(batch=1000)

    assert removed == 2500
