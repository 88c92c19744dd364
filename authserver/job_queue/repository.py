"""Queries on the queue of jobs, in the tables of procrastinate."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from authserver.job_queue.job import QueuedJob, QueueFigures, Status
from authserver.storage.db import Transaction

# As procrastinate has them. What has succeeded is removed, and nobody cancels or aborts.
_STATUSES = {"todo": Status.WAITING, "doing": Status.RUNNING, "failed": Status.FAILED}
_BY_PROCRASTINATE = {status: name for name, status in _STATUSES.items()}
# Ids that operators may see. What else a job was told may be an address, or open something.
_CONCERNS = ("client_id", "user_id")

# ``scheduled`` tells a time to come, and no change.
_SELECT = """
    SELECT job.id, job.task_name, job.status::text, job.attempts, job.scheduled_at, job.args,
           (SELECT min(event.at) FROM procrastinate_events event
            WHERE event.job_id = job.id AND event.type = 'deferred'),
           (SELECT max(event.at) FROM procrastinate_events event
            WHERE event.job_id = job.id AND event.type <> 'scheduled')
    FROM procrastinate_jobs job"""
_LIST = text(
    _SELECT
    + """
    WHERE job.status IN ('todo', 'doing', 'failed')
      AND (CAST(:before AS bigint) IS NULL OR job.id < :before)
      AND (CAST(:status AS text) IS NULL
           OR job.status = CAST(:status AS procrastinate_job_status))
      AND (CAST(:task AS text) IS NULL OR job.task_name = :task)
    ORDER BY job.id DESC LIMIT :limit"""
)
_FIND = text(_SELECT + " WHERE job.id = :id FOR UPDATE OF job")
# Anew: it has all its attempts, and comes before those that have failed since. Of those that come
# by the clock one may wait at once: then the other one does the work.
_RETRY = text(
    """UPDATE procrastinate_jobs job
       SET status = 'todo', attempts = 0, priority = 0, scheduled_at = now(), worker_id = NULL
       WHERE job.id = :id AND job.status = 'failed' AND NOT EXISTS (
           SELECT FROM procrastinate_jobs other
           WHERE other.queueing_lock = job.queueing_lock AND other.status = 'todo')
       RETURNING job.id"""
)
# Of the jobs of one task that are due, the first to come has mostly waited for longest.
_FIGURES = text(
    """SELECT counted.task_name, counted.status, counted.number, coalesce(extract(epoch FROM
           now() - greatest(job.scheduled_at, (
               SELECT max(event.at) FROM procrastinate_events event
               WHERE event.job_id = job.id AND event.type <> 'scheduled'))), 0)::float8
       FROM (
           SELECT task_name, status::text AS status, count(*) AS number, min(id) FILTER (
               WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())) AS oldest
           FROM procrastinate_jobs WHERE status IN ('todo', 'doing', 'failed')
           GROUP BY task_name, status
       ) counted LEFT JOIN procrastinate_jobs job ON job.id = counted.oldest"""
)
# A round is written down when its job is left in the queue, together with the number of that job.
# A job that is done goes, and then the number as well: a round without one is done. A worker that
# hangs, one whose jobs fail, and none at all look the same from here: there is no such round.
_WAS_DONE = text(
    """SELECT EXISTS (
           SELECT FROM procrastinate_periodic_defers
           WHERE task_name = :task AND job_id IS NULL
             AND defer_timestamp > extract(epoch FROM now()) - :seconds)"""
)
# A worker gives a sign of life every five seconds.
_LIVING_WORKERS = text(
    """SELECT count(*) FROM procrastinate_workers
       WHERE last_heartbeat > now() - interval '30 seconds'"""
)


@dataclass(frozen=True)
class JobRepository:
    """All in the caller's transaction."""

    def list(
        self,
        tx: Transaction,
        *,
        before: int | None,
        limit: int,
        status: Status | None = None,
        task: str | None = None,
    ) -> list[QueuedJob]:
        """The youngest first, older than ``before``."""
        name = _BY_PROCRASTINATE[status] if status else None
        asked = {"before": before, "limit": limit, "status": name, "task": task}
        return [_job(row) for row in tx.execute(_LIST, asked)]

    def lock(self, tx: Transaction, job_id: int) -> QueuedJob | None:
        row = tx.execute(_FIND, {"id": job_id}).one_or_none()
        return None if row is None else _job(row)

    def retry(self, tx: Transaction, job_id: int) -> bool:
        """Let a failed job be done again; False for any other."""
        try:
            with tx.begin_nested():
                return tx.execute(_RETRY, {"id": job_id}).one_or_none() is not None
        except IntegrityError:
            # At this very moment another one of the same task was left in the queue.
            return False

    def figures(self, tx: Transaction) -> Sequence[QueueFigures]:
        """Tasks and statuses without any job are left out."""
        return [
            QueueFigures(task, _STATUSES[status], number, max(0.0, seconds))
            for task, status, number, seconds in tx.execute(_FIGURES)
        ]

    def was_done(self, tx: Transaction, task: str, patience: timedelta) -> bool:
        """Whether a round of a task that was due within ``patience`` has been done."""
        asked = {"task": task, "seconds": patience.total_seconds()}
        return bool(tx.scalar(_WAS_DONE, asked))

    def living_workers(self, tx: Transaction) -> int:
        return int(tx.scalar(_LIVING_WORKERS) or 0)


def _job(row: Any) -> QueuedJob:
    job_id, task, status, attempts, due_at, arguments, created_at, changed_at = row
    concerns = {name: str(arguments[name]) for name in _CONCERNS if name in arguments}
    return QueuedJob(
        job_id, task, _STATUSES[status], attempts, due_at, created_at, changed_at, concerns
    )
