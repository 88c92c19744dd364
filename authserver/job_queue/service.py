"""Looking at the queue of jobs, and trying again what was given up."""

from collections.abc import Sequence
from dataclasses import dataclass

from authserver.actor import Actor
from authserver.audit.events import Event
from authserver.audit.service import AuditService
from authserver.errors import JobNotFailed, JobNotFound
from authserver.job_queue.job import QueuedJob, Status
from authserver.job_queue.repository import JobRepository
from authserver.storage.db import Database


@dataclass(frozen=True)
class JobQueueService:
    """What operators see and may do."""

    database: Database
    jobs: JobRepository
    audit: AuditService

    def list(
        self,
        *,
        before: int | None,
        limit: int,
        status: Status | None = None,
        task: str | None = None,
    ) -> Sequence[QueuedJob]:
        """A page of jobs, the youngest first."""
        with self.database.transaction() as tx:
            return self.jobs.list(tx, before=before, limit=limit, status=status, task=task)

    def retry(self, job_id: int, actor: Actor) -> QueuedJob:
        """Let a job that was given up be done again, with all its attempts; as it is then.

        Raises :class:`JobNotFound` and :class:`JobNotFailed`.
        """
        with self.database.transaction() as tx:
            found = self.jobs.lock(tx, job_id)
            again = self.jobs.lock(tx, job_id) if self.jobs.retry(tx, job_id) else None
            if again is not None:
                detail = {"job_id": job_id, "task": again.task}
                self.audit.record(tx, Event.JOB_RETRIED, actor, detail=detail)
        if found is None:
            raise JobNotFound
        if again is None:
            raise JobNotFailed
        return again
