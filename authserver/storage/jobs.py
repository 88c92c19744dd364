"""The queue of jobs: work that is done after an answer, by another process, in spite of failures.

A job is a row of PostgreSQL, written in the transaction that gives cause to it: it is done if and
only if that commits. The tables and their functions are those of procrastinate
(``migrations/versions/0003_jobs.py``); ``storage.job_worker`` does the work.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from random import getrandbits
from typing import Any

import orjson
from sqlalchemy import text

from authserver.storage.db import Transaction
from authserver.storage.traced_jobs import with_origin

# Each element of the row has the type that the function wants of it; the queue is named after the
# job, so that a worker of an earlier release leaves alone what it does not know.
_ENQUEUE = text(
    """SELECT procrastinate_defer_jobs_v1(ARRAY[
           ROW(:name, :name, 0, :lock, NULL, :arguments, :due_at)
       ]::procrastinate_job_to_defer_v1[])"""
)


class TryAgainError(Exception):
    """The job could not be done now. The text goes into the log."""


class GiveUpError(Exception):
    """The job can never be done. The text goes into the log."""


@dataclass(frozen=True)
class Job:
    """What is done under a name, and how often it is tried.

    ``work`` gets the arguments by their names, in a thread of its own. It may be called again
    after it has done everything already. Pauses are in seconds; each is three times the one
    before, up to an hour. What has a ``schedule`` (as cron writes it, in UTC) is left in the queue
    by the workers themselves, without arguments, and only where it does not wait there already.
    """

    name: str
    work: Callable[..., object]
    attempts: int = 8
    first_pause: float = 5
    schedule: str | None = None


@dataclass(frozen=True)
class JobQueue:
    """Where jobs are left. What is to be done under a name is said in ``authserver.jobs``."""

    def enqueue(
        self,
        tx: Transaction,
        name: str,
        arguments: Mapping[str, Any],
        *,
        due_at: datetime | None = None,
        lane: str | None = None,
    ) -> None:
        """Leave a job in the caller's transaction; ``arguments`` are plain JSON.

        It is done no sooner than ``due_at``. Of those in one ``lane`` two are done at once at most,
        and others overtake those that wait; what fails leaves the lane, and comes back behind what
        has not failed. What is secret has no place among the arguments: they rest in clear.
        """
        tx.execute(
            _ENQUEUE,
            {
                "name": name,
                "lock": lane and f"{lane} {getrandbits(1)}",
                "arguments": orjson.dumps(with_origin(arguments)).decode(),
                "due_at": due_at,
            },
        )
