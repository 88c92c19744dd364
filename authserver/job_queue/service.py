"""Looking at the queue of jobs, and trying again what was given up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from authserver.actor import Actor
from authserver.audit.events import Event
from authserver.audit.service import AuditService
from authserver.errors import JobNotFound, JobNotRetriable
from authserver.job_queue.job import QueuedJob, QueueFigures, Status
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

    def figures(self) -> Sequence[QueueFigures]:
        """How many jobs there are, by task and status. Raises :class:`Unavailable`."""
        with self.database.transaction() as tx:
            return self.jobs.figures(tx)

    def was_done(self, task: str, patience: timedelta) -> bool:
        """Whether a worker has done a task that was due by the clock within ``patience``.

        Raises :class:`Unavailable`.
        """
        with self.database.transaction() as tx:
            return self.jobs.was_done(tx, task, patience)

    def living_workers(self) -> int:
        """How many workers have given a sign of life lately. Raises :class:`Unavailable`."""
        with self.database.transaction() as tx:
            return self.jobs.living_workers(tx)

    def retry(self, job_id: int, actor: Actor) -> QueuedJob:
        """Let a job that was given up be done again, with all its attempts; as it is then.

        Raises :class:`JobNotFound`, and :class:`JobNotRetriable` for one that was not given up, or
        while another one of a task that comes by the clock waits.
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
            raise JobNotRetriable
        return again
