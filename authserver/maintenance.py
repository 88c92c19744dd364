"""The upkeep as a server does it by itself, where no worker does it.

Keys must rotate and rows of the past must go although nobody has started a worker, and although it
hangs. So each process looks now and then, at no set moment, and does what no worker has done
lately (``docs/adr/0024-upkeep-by-jobs.md``).
"""

import random
import threading
from dataclasses import dataclass
from datetime import timedelta

import structlog

from authserver.errors import AppError
from authserver.job_queue.service import JobQueueService
from authserver.observability.clock_watch import ClockWatch, watch_clock_in_background
from authserver.observability.crashes import report_crash
from authserver.storage.forks import after_fork
from authserver.upkeep import Task, tasks
from authserver.wiring import Services, Stores

INTERVAL = 60.0
# A worker is late when it has left out two rounds.
_ROUNDS = 3
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Done:
    """What one round of maintenance did."""

    rotated_keys: int
    forgotten_keys: int
    removed_sessions: int
    removed_browser_sessions: int
    removed_assertions: int
    sealed_audit_events: int
    removed_audit_events: int


def maintain(services: Services) -> Done:
    """One whole round. Raises :class:`Unavailable` when PostgreSQL does not answer."""
    return Done(**{task.counts: task.work() for task in tasks(services)})


def maintain_what_is_left(services: Services) -> list[str]:
    """Do what no worker has done lately; the names of the tasks. One that fails stops no other.

    Raises :class:`Unavailable` when PostgreSQL does not answer.
    """
    left = [task for task in tasks(services) if not _is_done_by_worker(services, task)]
    return [task.name for task in left if _try(task)]


def maintain_in_background(services: Services) -> None:
    """Look about once a minute, in a thread that ends with the process.

    Processes that are forked from this one do so as well.
    """
    _start(services)
    after_fork(services, _start)


def _is_done_by_worker(services: Services, task: Task) -> bool:
    patience = timedelta(minutes=task.minutes * _ROUNDS)
    return services.get(JobQueueService).was_done(task.name, patience)


def _start(services: Services) -> None:
    threading.Thread(target=_keep_going, args=(services,), name="maintenance", daemon=True).start()
    watch_clock_in_background(ClockWatch(services.get(Stores).clock))


def _keep_going(services: Services) -> None:
    pause = threading.Event()
    while True:
        pause.wait(INTERVAL * random.uniform(0.5, 1.5))  # noqa: S311 - spreads load, guards nothing
        _try_to_maintain(services)


def _try_to_maintain(services: Services) -> None:
    """One round, whatever becomes of it."""
    try:
        maintain_what_is_left(services)
    except AppError as error:
        log.warning("maintenance.failed", error=error.code, detail=error.detail)
    except Exception as error:  # noqa: BLE001 - it is reported, whatever it is
        # Without the thread keys would not rotate any more, and nobody would know.
        report_crash("maintenance.crashed", error)


def _try(task: Task) -> bool:
    """Whether it was done."""
    try:
        task.work()
    except AppError as error:
        log.warning("maintenance.failed", task=task.name, error=error.code, detail=error.detail)
    except Exception as error:  # noqa: BLE001 - it is reported, whatever it is
        report_crash("maintenance.crashed", error, task=task.name)
    else:
        return True
    return False
