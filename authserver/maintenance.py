"""What a running server does by itself: rotate keys when due, remove what has expired.

Every process does it, now and then and at no set moment; advisory locks and SKIP LOCKED see to it
that they do not get in each other's way.
"""

import random
import threading
from dataclasses import dataclass
from datetime import timedelta

import structlog

from authserver.audit.service import AuditService
from authserver.browser_sessions.service import BrowserSessionService
from authserver.clients.replay import ReplayGuard
from authserver.errors import AppError
from authserver.sessions.service import SessionService
from authserver.signing.service import SigningService
from authserver.storage.forks import after_fork
from authserver.wiring import Services, Stores

INTERVAL = 60.0
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Done:
    """What one round of maintenance did."""

    rotated_keys: int
    forgotten_keys: int
    removed_sessions: int
    removed_browser_sessions: int
    removed_assertions: int
    removed_audit_events: int


def maintain(services: Services) -> Done:
    """One round. Raises :class:`Unavailable` when PostgreSQL does not answer."""
    signing = services.get(SigningService)
    return Done(
        rotated_keys=len(signing.rotate_when_due()),
        forgotten_keys=signing.forget_expired(),
        removed_sessions=services.get(SessionService).remove_dead(),
        removed_browser_sessions=services.get(BrowserSessionService).remove_dead(),
        removed_assertions=services.get(ReplayGuard).remove_expired(),
        removed_audit_events=_forget_audit_events(services),
    )


def _forget_audit_events(services: Services) -> int:
    retention = timedelta(seconds=services.settings.audit_retention)
    now = services.get(Stores).clock.now()
    return services.get(AuditService).forget_before(now - retention)


def maintain_in_background(services: Services) -> None:
    """Do a round about once a minute, in a thread that ends with the process.

    Processes that are forked from this one do so as well.
    """
    _start(services)
    after_fork(services, _start)


def _start(services: Services) -> None:
    threading.Thread(target=_keep_going, args=(services,), name="maintenance", daemon=True).start()


def _keep_going(services: Services) -> None:
    pause = threading.Event()
    while True:
        pause.wait(INTERVAL * random.uniform(0.5, 1.5))  # noqa: S311 - spreads load, guards nothing
        _try_to_maintain(services)


def _try_to_maintain(services: Services) -> None:
    """One round, whatever becomes of it."""
    try:
        maintain(services)
    except AppError as error:
        log.warning("maintenance.failed", code=error.code, detail=error.detail)
    except Exception:
        # Whatever it was: without the thread keys would not rotate any more, and nobody would know.
        log.exception("maintenance.crashed")
