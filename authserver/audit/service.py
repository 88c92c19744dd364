"""Recording what happened, and reading it again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from authserver.actor import Actor
from authserver.audit.events import Event
from authserver.audit.models import AuditEvent
from authserver.audit.repository import AuditRepository
from authserver.ids import first_id_of
from authserver.storage.db import Database, Transaction

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

    def forget_before(self, moment: datetime, batch: int = 5000) -> int:
        """Delete the events of before, a batch at a time; how many that were."""
        removed = 0
        while True:
            with self.database.transaction() as tx:
                count = self.events.remove_before(tx, first_id_of(moment), batch)
            removed += count
            if count < batch:
                return removed

    def list(
        self,
        *,
        before: UUID | None,
        limit: int,
        event: str | None = None,
        user_id: UUID | None = None,
    ) -> list[AuditEvent]:
        """A page of events, newest first."""
        with self.database.transaction() as tx:
            return self.events.list(tx, before=before, limit=limit, event=event, user_id=user_id)


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
        detail=detail or {},
    )
