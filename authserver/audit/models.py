"""The tables of audit events, of the seals over them, and of what retention has removed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, func, text
from sqlalchemy.orm import Mapped, mapped_column

from authserver.ids import new_id
from authserver.storage.base import Base

_SEALED = text("seal IS NOT NULL")
_SEALED_OF_CLIENT = text("seal IS NOT NULL AND client_id IS NOT NULL")
_SEALED_BY_ACTOR = text("seal IS NOT NULL AND actor_id IS NOT NULL")


class AuditEvent(Base):
    """One event. It has no foreign keys: it outlives what it speaks of.

    Triggers (revision 0004) let rows be added, sealed once, and removed by retention, no more. All
    that is searched for in sealed rows is indexed when they are sealed: recording pays nothing.
    """

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_user_id", "user_id", "id"),
        Index("ix_audit_events_unsealed", "id", postgresql_where=text("seal IS NULL")),
        Index("ix_audit_events_seal", "seal", "id", postgresql_where=_SEALED),
        Index("ix_audit_events_event", "event", "id", postgresql_where=_SEALED),
        Index("ix_audit_events_client_id", "client_id", "id", postgresql_where=_SEALED_OF_CLIENT),
        Index("ix_audit_events_actor_id", "actor_id", "id", postgresql_where=_SEALED_BY_ACTOR),
    )

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
    user_agent: Mapped[str | None]
    seal: Mapped[int | None] = mapped_column(BigInteger)


class AuditSeal(Base):
    """A link of the chain over events; ``entries`` are id and digest of each, in order of ids."""

    __tablename__ = "audit_seals"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    previous: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    entries: Mapped[bytes] = mapped_column(LargeBinary)
    newest_at: Mapped[datetime]
    sealed_at: Mapped[datetime]


class AuditHorizon(Base):
    """Up to where retention has removed the chain: one row, which only we can make (``mac``)."""

    __tablename__ = "audit_horizon"

    last_seal: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    removed_at: Mapped[datetime]
    mac: Mapped[bytes] = mapped_column(LargeBinary)
