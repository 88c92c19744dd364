"""The upkeep: what must be done now and then although nobody asks for it.

Each part is a task of its own: one that fails keeps none of the others. All of them may be done by
several at once, for advisory locks and SKIP LOCKED keep these out of each other's way. The worker
does them as jobs (``jobs``), the server those that no worker has done lately (``maintenance``).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from authserver.audit.chain import AuditChain
from authserver.browser_sessions.service import BrowserSessionService
from authserver.clients.replay import ReplayGuard
from authserver.sessions.service import SessionService
from authserver.signing.service import SigningService
from authserver.wiring import Services, Stores


@dataclass(frozen=True)
class Task:
    """One part, how often it is due, and what it counts."""

    name: str
    minutes: int
    counts: str
    work: Callable[[], int]


def tasks(services: Services) -> tuple[Task, ...]:
    """All of them; a job has the name of its task."""
    return (
        Task("rotate_keys", 1, "rotated_keys", lambda: _rotate_keys(services)),
        Task(
            "forget_keys",
            5,
            "forgotten_keys",
            lambda: services.get(SigningService).forget_expired(),
        ),
        Task(
            "remove_sessions",
            5,
            "removed_sessions",
            lambda: services.get(SessionService).remove_dead(),
        ),
        Task(
            "remove_browser_sessions",
            5,
            "removed_browser_sessions",
            lambda: services.get(BrowserSessionService).remove_dead(),
        ),
        Task(
            "remove_assertions",
            5,
            "removed_assertions",
            lambda: services.get(ReplayGuard).remove_expired(),
        ),
        Task("seal_audit_events", 1, "sealed_audit_events", services.get(AuditChain).seal),
        Task(
            "remove_audit_events",
            5,
            "removed_audit_events",
            lambda: _forget_audit_events(services),
        ),
    )


def _rotate_keys(services: Services) -> int:
    return len(services.get(SigningService).rotate_when_due())


def _forget_audit_events(services: Services) -> int:
    retention = timedelta(seconds=services.settings.audit_retention)
    chain = services.get(AuditChain)
    # Of two clocks one may be ahead, and what it would remove does not come back.
    now = min(services.get(Stores).clock.now(), chain.now())
    return chain.forget_before(now - retention)
