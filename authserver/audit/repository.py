"""Queries on audit events."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select

from authserver.audit.models import AuditEvent
from authserver.storage.db import Transaction


@dataclass(frozen=True)
class AuditRepository:
    """Adds and lists; there is no way to change an event, nor to remove a young one."""

    def add(self, tx: Transaction, event: AuditEvent) -> None:
        tx.add(event)

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
