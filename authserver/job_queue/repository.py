"""Queries on the queue of jobs, in the tables of procrastinate."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from authserver.job_queue.job import QueuedJob, Status
from authserver.storage.db import Transaction

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
    WHERE (CAST(:before AS bigint) IS NULL OR job.id < :before)
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
        asked = {"before": before, "limit": limit, "status": status and status.value, "task": task}
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


def _job(row: Any) -> QueuedJob:
    job_id, task, status, attempts, due_at, arguments, created_at, changed_at = row
    concerns = {name: str(arguments[name]) for name in _CONCERNS if name in arguments}
    return QueuedJob(
        job_id, task, Status(status), attempts, due_at, created_at, changed_at, concerns
    )
