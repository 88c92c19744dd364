"""Jobs that nobody does any more: taken over from workers that were killed, and cleared away."""

import asyncio
from collections.abc import Mapping, Set
from contextlib import suppress
from dataclasses import dataclass

import psycopg
import structlog
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from procrastinate.worker import Worker

log = structlog.get_logger(__name__)
# What procrastinate raises when PostgreSQL does not answer.
LOST = (ConnectorException, psycopg.Error)
# Failed jobs stay for whoever asks why; done ones go at once.
_KEPT_HOURS = 7 * 24
_CLEARING_SECONDS = 3600


@dataclass(frozen=True)
class Pace:
    """In seconds: how often a worker gives a sign of life, after how long without one it is taken
    for dead, how often the queue is looked at if nothing is heard of it, and how long jobs may
    take to end when the worker has been told to."""

    heartbeat: float = 5
    patience: float = 20
    look: float = 5
    graceful_timeout: float = 10


@dataclass(frozen=True)
class Caretaker:
    """Looks after the jobs in ``attempts``, which says how often each kind is tried.

    ``running`` are those that this process works on at the moment.
    """

    manager: JobManager
    attempts: Mapping[str, int]
    pace: Pace
    running: Set[int]

    async def care(self, worker: Worker) -> None:
        """Look now and then, until cancelled. ``worker`` is that of this process."""
        suspects: set[int] = set()
        clear_every = max(1, int(_CLEARING_SECONDS / self.pace.heartbeat))
        rounds = 0
        while True:
            with suppress(*LOST):  # The worker sees it as well, and ends.
                if rounds % clear_every == 0:
                    await self._clear()
                await self.take_over()
                suspects = await self._take_back(worker, suspects)
            rounds += 1
            await asyncio.sleep(self.pace.heartbeat)

    async def take_over(self) -> None:
        """Let the jobs of workers that give no sign of life be done again."""
        stalled = await self.manager.get_stalled_jobs(
            seconds_since_heartbeat=int(self.pace.patience)
        )
        for job in stalled:
            if job.id not in self.running:
                await self._release(job)

    async def _take_back(self, worker: Worker, suspects: set[int]) -> set[int]:
        """Let jobs of ours be done again whose end PostgreSQL could not be told.

        One that has just begun or ended looks like that for a moment, and not twice: these are the
        suspects of the next round.
        """
        if worker.worker_id is None:
            return set()
        ours = await self.manager.list_jobs_async(status="doing", worker_id=worker.worker_id)
        lost = {job.id: job for job in ours if job.id and job.id not in self.running}
        for number in suspects & lost.keys():
            await self._release(lost[number])
        return set(lost)

    async def _release(self, job: Job) -> None:
        """Let somebody do it again, unless it is what kills those who do."""
        attempts = self.attempts.get(job.task_name)
        if attempts is None:
            return
        log.warning("job.left_behind", job=job.task_name, id=job.id, attempt=job.attempts + 1)
        # Another worker may have been faster: then there is nothing left to do.
        with suppress(ConnectorException):
            if job.attempts + 1 < attempts:
                await self.manager.retry_job(job)
            else:
                await self.manager.finish_job(job, Status.FAILED, delete_job=False)

    async def _clear(self) -> None:
        await self.manager.delete_old_jobs(_KEPT_HOURS, include_failed=True, include_aborted=True)
