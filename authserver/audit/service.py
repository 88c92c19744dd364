"""Recording what happened, and reading it again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog

from authserver.actor import Actor
from authserver.audit.events import Event
from authserver.audit.models import AuditEvent
from authserver.audit.repository import AuditRepository
from authserver.audit.search import EVERYTHING, Search
from authserver.storage.db import Database, Transaction

_LAST_ID = UUID(int=2**128 - 1)
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class AuditService:
    """Everybody's notebook."""

    database: Database
    events: AuditRepository

    def record(
        self,
        tx: Transaction,
        event: Event,
        actor: Actor,
        *,
        user_id: UUID | None = None,
        client_id: str | None = None,
        detail: dict[str, Any] | None = None,
    ) -> None:
        """Record an event in the caller's transaction: it stands if and only if the deed does."""
        self.events.add(tx, _row(event, actor, user_id, client_id, detail))
        self.mention(event, actor, user_id=user_id, client_id=client_id)

    def record_alone(
        self,
        event: Event,
        actor: Actor,
        *,
        user_id: UUID | None = None,
        client_id: str | None = None,
        detail: dict[str, Any] | None = None,
    ) -> None:
        """Record an event for which there is no transaction, such as a refused sign-in."""
        self.events.add_alone(_row(event, actor, user_id, client_id, detail))
        self.mention(event, actor, user_id=user_id, client_id=client_id)

    def mention(
        self,
        event: Event,
        actor: Actor,
        *,
        user_id: UUID | None = None,
        client_id: str | None = None,
    ) -> None:
        """Tell the log alone: for what anybody can bring about as often as they like."""
        log.info(event.value, actor=actor.id, user_id=user_id and str(user_id), client=client_id)

    def list(
        self, search: Search = EVERYTHING, *, before: UUID | None, limit: int
    ) -> Sequence[AuditEvent]:
        """A page of events, newest first."""
        with self.database.transaction() as tx:
            return self.events.list(tx, search, before=before, limit=limit)

    def export(
        self, search: Search = EVERYTHING, batch: int = 1000
    ) -> Iterator[Sequence[AuditEvent]]:
        """All events, the oldest first, some at a time: memory does not grow with their number.

        Each batch is read for itself. What is committed late may be passed by; see
        :meth:`export_sealed` for each event exactly once.
        """
        last: UUID | None = None
        while True:
            with self.database.transaction() as tx:
                events = self.events.export(tx, search, last, batch)
            yield events
            if len(events) < batch:
                return
            last = events[-1].id

    def export_sealed(
        self, after: int, search: Search = EVERYTHING, batch: int = 1000
    ) -> Iterator[Sequence[AuditEvent]]:
        """The events of all seals after a number, in the order of the chain, some at a time."""
        last = (after, _LAST_ID)
        while True:
            with self.database.transaction() as tx:
                events = self.events.export_sealed(tx, search, last, batch)
            yield events
            if len(events) < batch:
                return
            last = (events[-1].seal or 0, events[-1].id)


def _row(
    event: Event,
    actor: Actor,
    user_id: UUID | None,
    client_id: str | None,
    detail: dict[str, Any] | None,
) -> AuditEvent:
    return AuditEvent(
        event=event.value,
        actor_kind=actor.kind,
        actor_id=actor.id,
        user_id=user_id,
        client_id=client_id,
        address=actor.address,
        request_id=actor.request_id,
        user_agent=actor.user_agent,
        detail=detail or {},
    )
