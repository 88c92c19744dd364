"""Queries on audit events."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from authserver.audit.models import AuditEvent
from authserver.storage.db import Transaction


@dataclass(frozen=True)
class AuditRepository:
    """Adds and lists; there is no way to change or remove an event."""

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
