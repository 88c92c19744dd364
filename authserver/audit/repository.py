"""Queries on audit events."""

from dataclasses import dataclass
from uuid import UUID

import orjson
from sqlalchemy import delete, select

from authserver.audit.models import AuditEvent
from authserver.ids import new_id
from authserver.storage.db import Transaction
from authserver.storage.statements import Statement, Statements

RECORD = Statement(
    "record_audit_event",
    """
    INSERT INTO audit_events (id, event, actor_kind, actor_id, user_id, client_id, address,
                              request_id, detail)
    VALUES ($1::uuid, $2::text, $3::text, $4::text, $5::uuid, $6::text, $7::text, $8::text,
            $9::jsonb)""",
    9,
)


@dataclass(frozen=True)
class AuditRepository:
    """Adds and lists; there is no way to change an event, nor to remove a young one."""

    hot: Statements

    def add(self, tx: Transaction, event: AuditEvent) -> None:
        tx.add(event)

    def add_alone(self, event: AuditEvent) -> None:
        """The same in a transaction of its own."""
        self.hot.all(
            RECORD,
            new_id(),
            event.event,
            event.actor_kind,
            event.actor_id,
            event.user_id,
            event.client_id,
            event.address,
            event.request_id,
            orjson.dumps(event.detail).decode(),
        )

    def list(
        self,
        tx: Transaction,
        *,
        before: UUID | None,
        limit: int,
        event: str | None = None,
        user_id: UUID | None = None,
    ) -> list[AuditEvent]:
        """The newest events first, older than ``before``."""
        query = select(AuditEvent).order_by(AuditEvent.id.desc()).limit(limit)
        if before is not None:
            query = query.where(AuditEvent.id < before)
        if event is not None:
            query = query.where(AuditEvent.event == event)
        if user_id is not None:
            query = query.where(AuditEvent.user_id == user_id)
        return list(tx.scalars(query))

    def remove_before(self, tx: Transaction, first: UUID, limit: int) -> int:
        """Delete up to ``limit`` events, the oldest, that are older than the id; how many."""
        old = (
            select(AuditEvent.id)
            .where(AuditEvent.id < first)
            .order_by(AuditEvent.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        removed = tx.scalars(
            delete(AuditEvent).where(AuditEvent.id.in_(old)).returning(AuditEvent.id)
        )
        return len(removed.all())
