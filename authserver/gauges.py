"""What is measured rather than counted: looked up once a second, for the metrics.

Nothing here is asked of by a request. PostgreSQL is asked seldom, and by a thread of its own that
keeps nobody waiting.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

from authserver import __version__
from authserver.audit.chain import AuditChain
from authserver.credentials.service import CredentialService
from authserver.errors import Unavailable
from authserver.http.throttle import Throttle, Throttles
from authserver.job_queue.job import QueueFigures, Status
from authserver.job_queue.service import JobQueueService
from authserver.observability import metrics
from authserver.observability.recording import Recording
from authserver.observability.series import Number
from authserver.signing.service import SigningService
from authserver.storage import db, statements
from authserver.storage.db import Database
from authserver.storage.jobs import Job
from authserver.wiring import Services, Stores

SERVER, WORKER = "server", "worker"
PING_SECONDS = 5.0
QUEUE_SECONDS = 15.0
_STATM = Path("/proc/self/statm")


@dataclass
class Gauges:
    """All gauges of one process, of the kind ``SERVER`` or ``WORKER``.

    ``tasks`` are the names of the jobs that there may be: of each that is not in the queue there
    are none.
    """

    services: Services
    process: str
    tasks: tuple[str, ...]
    monotonic: Callable[[], float] = time.monotonic
    _due: dict[str, float] = field(default_factory=dict)

    def measure(self) -> None:
        """Look everything up. Raises nothing because PostgreSQL is away."""
        self._measure_process()
        self._measure_pools()
        self._measure_keys()
        if self._is_due("ping", PING_SECONDS):
            self._ask(metrics.DATABASE_UP.of())
        if metrics.DATABASE_UP.of().value and self._is_due("queue", QUEUE_SECONDS):
            self._measure_queue()
            self._measure_audit()

    def _is_due(self, name: str, seconds: float) -> bool:
        now = self.monotonic()
        if now - self._due.get(name, -inf) < seconds:
            return False
        self._due[name] = now
        return True

    def _measure_process(self) -> None:
        metrics.PROCESSES.of(self.process).set(1)
        metrics.BUILD.of(__version__).set(1)
        metrics.PROCESSOR_SECONDS.of().set(time.process_time())
        if _STATM.exists():
            pages = int(_STATM.read_text().split()[1])
            metrics.MEMORY.of().set(pages * os.sysconf("SC_PAGESIZE"))

    def _measure_pools(self) -> None:
        database = self.services.get(Database)
        used = {statements.POOL: database.statements.in_use, db.POOL: database.in_use}
        for pool, in_use in used.items():
            metrics.POOL_SIZE.of(pool).set(database.statements.size)
            metrics.POOL_USED.of(pool).set(in_use)
        running, waiting = self.services.get(CredentialService).hasher.load
        metrics.HASHES_RUNNING.of().set(running)
        metrics.HASHES_WAITING.of().set(waiting)
        redis = self.services.get(Stores).redis
        metrics.REDIS_CONFIGURED.of().set(redis is not None)
        metrics.REDIS_UP.of().set(redis is not None and not redis.is_failing)

    def _measure_keys(self) -> None:
        signing = self.services.get(SigningService)
        metrics.KEY_ROTATION.of().set(signing.policy.rotation.total_seconds())
        for slot, age in signing.ages():
            metrics.KEYS_SIGNING.of(*slot).set(age is not None)
            metrics.KEY_AGE.of(*slot).set(age or 0)

    def _ask(self, is_up: Number) -> None:
        try:
            self.services.get(Database).ping()
        except Unavailable:
            is_up.set(0)
        else:
            is_up.set(1)

    def _measure_queue(self) -> None:
        try:
            figures = self.services.get(JobQueueService).figures()
        except Unavailable:
            return
        _tell_queue(figures, self.tasks)

    def _measure_audit(self) -> None:
        try:
            seconds = self.services.get(AuditChain).unsealed_seconds()
        except Unavailable:
            return
        metrics.AUDIT_UNSEALED.of().set(seconds)


def _tell_queue(figures: Sequence[QueueFigures], tasks: tuple[str, ...]) -> None:
    found = {(each.task, each.status): each for each in figures}
    known = {task for (task,) in metrics.OLDEST_JOB.members}
    for task in {*tasks, *known, *(each.task for each in figures)}:
        waiting = found.get((task, Status.WAITING))
        metrics.OLDEST_JOB.of(task).set(waiting.waiting_seconds if waiting else 0)
        for status in Status:
            each = found.get((task, status))
            metrics.JOBS.of(task, status).set(each.number if each else 0)


def record(services: Services, folder: Path, process: str, jobs: tuple[Job, ...]) -> Recording:
    """Begin to write what this process counts and measures."""
    gauges = Gauges(services, process, tuple(job.name for job in jobs))
    # What has not happened yet is counted as well: Prometheus sees no first time of what is new.
    metrics.AUDIT_RETENTION_REFUSALS.of()
    for throttle in vars(services.get(Throttles)).values():
        if isinstance(throttle, Throttle):
            metrics.THROTTLED.of(throttle.name)
    for job in jobs if process == WORKER else ():
        for outcome in ("done", "failed", "given_up"):
            metrics.JOB_ATTEMPTS.of(job.name, outcome)
    recording = Recording(folder, gauges.measure)
    recording.start()
    return recording
