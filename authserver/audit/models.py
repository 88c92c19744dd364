"""The table of audit events."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from authserver.ids import new_id
from authserver.storage.base import Base


class AuditEvent(Base):
    """One event. It has no foreign keys: it outlives what it speaks of."""

    __tablename__ = "audit_events"
    __table_args__ = (Index("ix_audit_events_user_id", "user_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    occurred_at: Mapped[datetime] = mapped_column(server_default=func.now())
    event: Mapped[str]
    actor_kind: Mapped[str]
    actor_id: Mapped[str | None]
    user_id: Mapped[UUID | None]
    client_id: Mapped[str | None]
    address: Mapped[str | None]
    request_id: Mapped[str | None]
    detail: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
