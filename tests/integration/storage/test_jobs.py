"""The queue of jobs, on real PostgreSQL and with the worker that runs in production."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import text

from authserver.clock import SystemClock
from authserver.errors import Unavailable
from authserver.storage.db import Database
from authserver.storage.job_worker import JobWorker
from authserver.storage.jobs import GiveUpError, Job, JobQueue, TryAgainError

QUEUE = JobQueue()
now = SystemClock().now
ARGUMENTS = {"text": "50 % of «ünï'code»\\", "number": 7, "nothing": None}


class Noted:
    """A job that notes what it was given, and fails as often as it is told to."""

    def __init__(self, *failures: Exception) -> None:
        self.calls: list[dict[str, Any]] = []
        self._failures = list(failures)

    def __call__(self, **arguments: Any) -> None:
        self.calls.append(arguments)
        if self._failures:
            raise self._failures.pop(0)


@pytest.fixture
def work(database: Database) -> Callable[..., None]:
    """``work(job, ...)``: do what is due, and end."""
    url = database.engine.url.render_as_string(hide_password=False)
    return lambda *jobs: JobWorker(url, jobs).run_until_empty()


def enqueue(database: Database, name: str = "greet", **options: Any) -> None:
    with database.transaction() as tx:
        QUEUE.enqueue(tx, name, options.pop("arguments", {}), **options)


def rows(database: Database) -> list[Any]:
    query = "SELECT status::text, attempts, scheduled_at FROM procrastinate_jobs ORDER BY id"
    with database.transaction() as tx:
        return list(tx.execute(text(query)))


def change(database: Database, assignment: str) -> None:
    with database.transaction() as tx:
        tx.execute(text(f"UPDATE procrastinate_jobs SET {assignment}"))  # noqa: S608


def test_a_job_is_done_with_its_arguments(database, work):
    noted = Noted()
    enqueue(database, arguments=ARGUMENTS)

    work(Job("greet", noted))

    assert noted.calls == [ARGUMENTS]


def test_a_job_that_is_done_leaves_no_row(database, work):
    enqueue(database)

    work(Job("greet", Noted()))

    assert rows(database) == []


def test_a_job_is_left_if_and_only_if_its_transaction_commits(database, work):
    with suppress(RuntimeError), database.transaction() as tx:
        QUEUE.enqueue(tx, "greet", {})
        raise RuntimeError

    assert rows(database) == []


def test_a_job_that_fails_is_tried_again_later(database, work):
    enqueue(database)

    work(Job("greet", Noted(TryAgainError("not now")), first_pause=60))

    ((status, attempts, scheduled_at),) = rows(database)
    assert (status, attempts) == ("todo", 1)
    assert timedelta(seconds=30) < scheduled_at - now() < timedelta(seconds=90)


def test_each_pause_is_longer_than_the_one_before(database, work):
    noted = Noted(TryAgainError("not now"), TryAgainError("not now"), TryAgainError("not now"))
    enqueue(database)
    pauses = []
    for _ in range(3):
        work(Job("greet", noted, first_pause=60))
        pauses.append((rows(database)[0].scheduled_at - now()).total_seconds())
        change(database, "scheduled_at = now()")

    assert pauses[0] * 1.5 < pauses[1]
    assert pauses[1] * 1.5 < pauses[2]


@pytest.mark.parametrize("failure", [Unavailable(), ValueError("a mistake of ours")])
def test_whatever_a_job_raises_it_is_tried_again(database, work, failure):
    noted = Noted(failure)
    enqueue(database)

    for _ in range(2):
        work(Job("greet", noted))
        change(database, "scheduled_at = now()")

    assert len(noted.calls) == 2
    assert rows(database) == []


def test_a_job_that_can_never_be_done_is_given_up_at_once(database, work):
    enqueue(database)

    work(Job("greet", Noted(GiveUpError("never"))))

    assert [row.status for row in rows(database)] == ["failed"]


def test_a_job_is_given_up_after_so_many_attempts(database, work):
    noted = Noted(*[TryAgainError("not now")] * 9)
    enqueue(database)

    for _ in range(4):
        work(Job("greet", noted, attempts=3))
        change(database, "scheduled_at = now()")

    assert len(noted.calls) == 3
    assert [row.status for row in rows(database)] == ["failed"]


def test_a_job_that_is_not_due_waits(database, work):
    noted = Noted()
    enqueue(database, due_at=now() + timedelta(hours=1))

    work(Job("greet", noted))

    assert noted.calls == []


def test_a_worker_leaves_alone_what_it_does_not_know(database, work):
    """As a worker of the release before does, during an upgrade."""
    enqueue(database, "of_a_later_release")

    work(Job("greet", Noted()))

    assert [row.status for row in rows(database)] == ["todo"]


def test_the_job_of_a_worker_that_died_is_done_by_another(database, work):
    """What a kill -9 leaves behind: a job that is being done, by a worker without a heartbeat."""
    noted = Noted()
    enqueue(database)
    change(database, "status = 'doing', worker_id = NULL")

    work(Job("greet", noted))

    assert len(noted.calls) == 1


def test_a_job_that_kills_whoever_does_it_is_given_up(database, work):
    noted = Noted()
    enqueue(database)
    change(database, "status = 'doing', worker_id = NULL, attempts = 4")

    work(Job("greet", noted, attempts=5))

    assert noted.calls == []
    assert [row.status for row in rows(database)] == ["failed"]


def test_the_job_of_a_worker_that_lives_is_left_to_it(database, work):
    noted = Noted()
    enqueue(database)
    with database.transaction() as tx:
        worker = tx.scalar(text("SELECT worker_id FROM procrastinate_register_worker_v1()"))
    change(database, f"status = 'doing', worker_id = {worker}")

    work(Job("greet", noted))

    assert noted.calls == []


def test_jobs_are_done_side_by_side(database, work):
    """One client that is slow must not keep the others waiting."""
    together = Barrier(4, timeout=10)
    for _ in range(4):
        enqueue(database)

    work(Job("greet", together.wait))

    assert rows(database) == []


def test_what_a_job_is_given_does_not_reach_the_log(database, work, caplog):
    """It may be an address of mail or a link that works once."""
    enqueue(database, arguments={"text": "for-nobody-else"})
    enqueue(database, arguments={"text": "for-nobody-else"})

    work(Job("greet", Noted(TryAgainError("not now"))))

    assert "for-nobody-else" not in caplog.text
