"""Jobs that come by the clock, and what the worker does about those of slow clients."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from authserver.job_queue.repository import JobRepository
from authserver.storage.db import Database
from authserver.storage.job_caretaker import Pace
from authserver.storage.job_worker import JobWorker
from authserver.storage.jobs import Job, JobQueue, TryAgainError

EACH_SECOND = "* * * * * *"
QUICK = Pace(heartbeat=0.2, patience=2, look=0.2, graceful_timeout=2)
HOUR = timedelta(hours=1)


@pytest.fixture
def url(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


@pytest.fixture
def rows(database: Database) -> Callable[[], list[Any]]:
    query = "SELECT status::text, priority, lock, task_name FROM procrastinate_jobs ORDER BY id"

    def rows() -> list[Any]:
        with database.transaction() as tx:
            return list(tx.execute(text(query)))

    return rows


@contextmanager
def working(url: str, *jobs: Job) -> Iterator[None]:
    """A worker beside the test, as long as the block lasts."""
    loop = asyncio.new_event_loop()
    worker = JobWorker(url, jobs, pace=QUICK)
    session = loop.create_task(worker._session(asyncio.Event(), wait=True))

    def run() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(session)
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(session.cancel)
        thread.join(10)


def until(condition: Callable[[], object], seconds: float = 10) -> bool:
    """Wait for it; whether it came about in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_what_has_a_schedule_is_done_again_and_again(url, rows):
    done: list[float] = []

    with working(url, Job("tick", lambda: done.append(time.time()), schedule=EACH_SECOND)):
        assert until(lambda: len(done) >= 2)

    assert done[1] - done[0] > 0.5


def test_two_workers_do_a_round_once(url, rows):
    done: list[int] = []
    job = Job("tick", lambda: done.append(int(time.time())), schedule=EACH_SECOND)

    with working(url, job), working(url, job):
        assert until(lambda: len(done) >= 3)

    assert len(done) <= len(set(done)) + 1


def test_a_round_that_is_done_is_known(url, rows, database):
    done = threading.Event()

    with working(url, Job("tick", done.set, schedule=EACH_SECOND)):
        assert done.wait(10)
        with database.transaction() as tx:
            known = until(lambda: JobRepository().was_done(tx, "tick", HOUR))

    assert known


def test_a_round_that_is_late_is_none(url, rows, database):
    done = threading.Event()
    with working(url, Job("tick", done.set, schedule=EACH_SECOND)):
        assert done.wait(10)

    with database.transaction() as tx:
        tx.execute(text("UPDATE procrastinate_periodic_defers SET defer_timestamp = 1"))
        known = JobRepository().was_done(tx, "tick", HOUR)

    assert not known


def test_a_round_that_failed_is_none(url, rows, database):
    """A worker that cannot do it must not keep the servers from it."""
    tried = threading.Event()

    def fail() -> None:
        tried.set()
        raise TryAgainError("not now")

    with working(url, Job("tick", fail, schedule=EACH_SECOND, first_pause=60)):
        assert tried.wait(10)
        assert until(lambda: [row.status for row in rows()] == ["todo"])
    with database.transaction() as tx:
        known = JobRepository().was_done(tx, "tick", HOUR)

    assert not known


def test_a_round_that_waits_for_its_next_attempt_is_not_left_twice(url, rows):
    tried: list[float] = []

    def fail() -> None:
        tried.append(time.time())
        raise TryAgainError("not now")

    with working(url, Job("tick", fail, schedule=EACH_SECOND, first_pause=60)):
        assert until(lambda: tried)
        time.sleep(2.2)

    assert len(tried) == 1
    assert len(rows()) == 1


def test_a_worker_that_does_only_what_is_due_leaves_nothing_new(url, rows):
    """``authserver worker --once``."""
    JobWorker(url, [Job("tick", lambda: None, schedule=EACH_SECOND)]).run_until_empty()

    assert rows() == []


def test_of_one_lane_two_are_done_at_once_and_others_overtake(url, rows, database):
    """A client whose server is slow keeps nobody else waiting (CWE-770)."""
    release, at_once, most, told = threading.Event(), [0], [0], threading.Event()

    def work(client: str) -> None:
        if client == "quick":
            told.set()
            return
        at_once[0] += 1
        most[0] = max(most[0], at_once[0])
        release.wait(10)
        at_once[0] -= 1

    with database.transaction() as tx:
        for _ in range(20):
            JobQueue().enqueue(tx, "tell", {"client": "slow"}, lane="slow")
        JobQueue().enqueue(tx, "tell", {"client": "quick"}, lane="quick")

    with working(url, Job("tell", work)):
        overtaken = told.wait(5)
        release.set()
        assert until(lambda: rows() == [])

    assert overtaken
    assert 1 <= most[0] <= 2


def test_what_failed_comes_back_behind_what_did_not_and_outside_of_its_lane(url, rows, database):
    def fail() -> None:
        raise TryAgainError("not now")

    with database.transaction() as tx:
        JobQueue().enqueue(tx, "tell", {}, lane="slow")

    JobWorker(url, [Job("tell", fail, first_pause=60)]).run_until_empty()

    ((status, priority, lock, _),) = rows()
    assert (status, priority) == ("todo", -1)
    assert not lock.startswith("slow")
