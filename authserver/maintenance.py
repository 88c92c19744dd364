"""What a running server does by itself: rotate keys when due, remove what has expired.

Every process does it, now and then and at no set moment; advisory locks and SKIP LOCKED see to it
that they do not get in each other's way.
"""

import random
import threading
from dataclasses import dataclass

import structlog

from authserver.errors import AppError
from authserver.sessions.service import SessionService
from authserver.signing.service import SigningService
from authserver.wiring import Services

INTERVAL = 60.0
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Done:
    """What one round of maintenance did."""

    rotated_keys: int
    forgotten_keys: int
    removed_sessions: int


def maintain(services: Services) -> Done:
    """One round. Raises :class:`Unavailable` when PostgreSQL does not answer."""
    signing = services.get(SigningService)
    return Done(
        rotated_keys=len(signing.rotate_when_due()),
        forgotten_keys=signing.forget_expired(),
        removed_sessions=services.get(SessionService).remove_dead(),
    )


def maintain_in_background(services: Services) -> None:
    """Do a round about once a minute, in a thread that ends with the process."""
    threading.Thread(target=_keep_going, args=(services,), name="maintenance", daemon=True).start()


def _keep_going(services: Services) -> None:
    pause = threading.Event()
    while True:
        pause.wait(INTERVAL * random.uniform(0.5, 1.5))  # noqa: S311 - spreads load, guards nothing
        try:
            maintain(services)
        except AppError as error:
            log.warning("maintenance.failed", code=error.code, detail=error.detail)
