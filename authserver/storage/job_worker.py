"""Doing the jobs of the queue (``storage.jobs``), on procrastinate.

A job is done at least once. One that fails is tried again, each time after a longer pause; that of
a worker that was killed is taken over by the next one that looks. PostgreSQL may go away meanwhile.
"""

import asyncio
import logging
import random
import signal
from collections.abc import AsyncIterator, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from contextvars import copy_context
from functools import partial
from typing import Any

import procrastinate
import structlog
from procrastinate.jobs import Job as QueuedJob
from procrastinate.worker import Worker

from authserver.errors import AppError
from authserver.observability.crashes import report_crash
from authserver.observability.metrics import JOB_ATTEMPTS
from authserver.storage.connections import libpq_options
from authserver.storage.job_caretaker import LOST, Caretaker, Pace
from authserver.storage.jobs import GiveUpError, Job, TryAgainError
from authserver.storage.traced_jobs import in_trace

log = structlog.get_logger(__name__)
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_HOUR = 3600
_FACTOR = 3
# The few jobs that come by the clock go before those that requests leave.
_UPKEEP_FIRST = 10
# Whether by the clock: what happens all the time is no news.
_DONE = {True: logging.DEBUG, False: logging.INFO}


class JobWorker:
    """Does ``jobs``, so many at once, until it is told to end."""

    def __init__(
        self, url: str, jobs: Sequence[Job], *, concurrency: int = 8, pace: Pace | None = None
    ) -> None:
        self._options = libpq_options(url) | {"application_name": "authserver worker"}
        self._jobs = jobs
        self._concurrency = concurrency
        self._pace = pace or Pace()
        self._attempts = {job.name: job.attempts for job in jobs}
        self._running: set[int] = set()
        self._threads = ThreadPoolExecutor(concurrency, thread_name_prefix="job")
        # It would write the arguments of each job, and a stack for each connection that is lost.
        # What is worth knowing we say ourselves.
        logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)

    def run(self) -> None:
        """Work until SIGTERM or SIGINT; jobs that run then may end in good order."""
        asyncio.run(self._serve())

    def run_until_empty(self) -> None:
        """Do what is due, and return. Raises what the database raises."""
        asyncio.run(self._session(asyncio.Event(), wait=False))

    async def _serve(self) -> None:
        told_to_end, loop = asyncio.Event(), asyncio.get_running_loop()
        loop.set_exception_handler(_tell_of_lost_database)
        for number in _SIGNALS:
            loop.add_signal_handler(number, told_to_end.set)
        log.info("worker.started")
        waits = False
        while not told_to_end.is_set():
            try:
                await _until(told_to_end, self._session(told_to_end, wait=True))
            except LOST as error:
                if not waits:
                    log.warning("worker.waits", reason=type(error).__name__)
                waits = True
                await _until(told_to_end, asyncio.sleep(1))
            else:
                waits = False
                if not told_to_end.is_set():
                    log.warning("worker.begins_anew")
        log.info("worker.stopped")

    async def _session(self, told_to_end: asyncio.Event, *, wait: bool) -> None:
        """One life of procrastinate's worker: until it is cancelled, or loses PostgreSQL."""
        connector = procrastinate.PsycopgConnector(
            kwargs=self._options, min_size=1, max_size=4, timeout=10
        )
        app = procrastinate.App(connector=connector)
        for job in self._jobs:
            self._register(app, job, scheduled=wait)
        async with _opened(app):
            caretaker = Caretaker(app.job_manager, self._attempts, self._pace, self._running)
            await caretaker.take_over()
            worker = self._worker(app, wait=wait)
            beside = (
                asyncio.create_task(caretaker.care(worker)),
                asyncio.create_task(_stop(worker, told_to_end)),
            )
            try:
                await worker.run()  # type: ignore[no-untyped-call]
            finally:
                for task in beside:
                    task.cancel()

    def _worker(self, app: procrastinate.App, *, wait: bool) -> Worker:
        return Worker(
            app,
            queues=[job.name for job in self._jobs],
            concurrency=self._concurrency,
            wait=wait,
            fetch_job_polling_interval=self._pace.look,
            shutdown_graceful_timeout=self._pace.graceful_timeout,
            delete_jobs="successful",
            install_signal_handlers=False,
            update_heartbeat_interval=self._pace.heartbeat,
            stalled_worker_timeout=self._pace.patience,
        )

    def _register(self, app: procrastinate.App, job: Job, *, scheduled: bool) -> None:
        async def work(context: procrastinate.JobContext, /, **arguments: object) -> None:
            number = context.job.id or 0
            if job.schedule:
                # When it was due, which procrastinate tells.
                arguments.clear()
            call = partial(copy_context().run, job.work, **arguments)
            said = {"job": job.name, "id": number, "attempt": context.job.attempts + 1}
            self._running.add(number)
            try:
                await asyncio.get_running_loop().run_in_executor(self._threads, call)
            except (TryAgainError, GiveUpError) as error:
                log.warning("job.failed", reason=str(error), **said)
                raise
            except AppError as error:
                log.warning("job.failed", reason=error.detail or error.code, **said)
                raise
            except Exception as error:
                report_crash("job.crashed", error, **said)
                raise
            finally:
                self._running.discard(number)
            JOB_ATTEMPTS.of(job.name, "done").add()
            log.log(_DONE[job.schedule is not None], "job.done", **said)

        task = app.task(
            name=job.name,
            queue=job.name,
            pass_context=True,
            retry=Backoff(job),
            priority=_UPKEEP_FIRST if job.schedule else 0,
            queueing_lock=job.name if job.schedule else None,
        )(in_trace(job.name, work))
        if job.schedule and scheduled:
            # The time comes by its name, as any argument does.
            app.periodic(cron=job.schedule)(task)


class Backoff(procrastinate.BaseRetryStrategy):
    """Longer and longer pauses, none of them quite like that of others."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def get_retry_decision(
        self, *, exception: BaseException, job: QueuedJob
    ) -> procrastinate.RetryDecision | None:
        if isinstance(exception, GiveUpError) or job.attempts + 1 >= self._job.attempts:
            JOB_ATTEMPTS.of(self._job.name, "given_up").add()
            log.error("job.given_up", job=job.task_name, id=job.id, attempts=job.attempts + 1)
            return None
        JOB_ATTEMPTS.of(self._job.name, "failed").add()
        pause = min(self._job.first_pause * _FACTOR**job.attempts, _HOUR)
        pause *= random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, guards nothing
        return procrastinate.RetryDecision(
            retry_in={"milliseconds": int(pause * 1000)},
            priority=-1 - job.attempts,
            # Out of its lane, where it would keep others waiting.
            lock=f"again {job.id}",
        )


@asynccontextmanager
async def _opened(app: procrastinate.App) -> AsyncIterator[None]:
    """With connections, which are closed in the end, even if it was cancelled on the way to them.

    Procrastinate would leave its pool to itself then, and that may not end any more.
    """
    try:
        await app.open_async()
        yield
    finally:
        await app.close_async()


def _tell_of_lost_database(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Of a job that ended while PostgreSQL was away nobody takes the error that this could not be
    noted: it will be done once more. All else is told as asyncio does it."""
    if isinstance(context.get("exception"), LOST):
        log.warning("job.not_noted", reason=type(context["exception"]).__name__)
    else:
        loop.default_exception_handler(context)


async def _stop(worker: Worker, told_to_end: asyncio.Event) -> None:
    """Stop a worker that has begun although it was cancelled.

    Until Python 3.12 ``asyncio.wait_for``, by which psycopg's pool waits for connections, may lose
    a cancellation.
    """
    await told_to_end.wait()
    worker.stop()  # type: ignore[no-untyped-call]


async def _until(event: asyncio.Event, work: Coroutine[Any, Any, None]) -> None:
    """Do ``work`` until it ends or the event comes about; then it is cancelled, and waited for."""
    task = asyncio.ensure_future(work)
    waiting = asyncio.ensure_future(event.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not task.done():
        task.cancel()
    with suppress(asyncio.CancelledError):
        await task
