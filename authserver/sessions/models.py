"""The tables of sessions and of access tokens that were revoked one by one."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, func, text
from sqlalchemy.orm import Mapped, mapped_column

from authserver.ids import new_id
from authserver.storage.base import Base
from authserver.storage.dependents import MANY


class RefreshSession(Base):
    """One sign-in of a person at a client.

    No token is stored: the refresh token is the signed triple of id, ``generation`` and a secret
    of which ``secret_digest`` is the SHA-256. A refresh changes ``generation`` and ``rotated_at``
    only; no index holds either, so that PostgreSQL updates in place (HOT) and the table does not
    grow. ``expires_at`` is the absolute end; the idle end follows from ``rotated_at``.
    ``review_at`` is when to look whether the row is dead by now: never after the earlier of both
    ends as they were at the last look.

    ``browser_session_id`` names the sign-in of the browser that it came from, if it came from
    one; ``claims`` is the request for single claims (OpenID Connect Core 1.0, section 5.5).
    """

    __tablename__ = "sessions"
    __table_args__ = (
        # The living of a user: those who have ended, however many, cost a sign-in nothing.
        Index("ix_sessions_living", "user_id", "id", postgresql_where=text("ended_at IS NULL")),
        # For the foreign keys, which find the dead as well.
        Index("ix_sessions_user_id", "user_id"),
        Index("ix_sessions_client_id", "client_id"),
        Index("ix_sessions_browser_session_id", "browser_session_id"),
        # For clearing away.
        Index("ix_sessions_review_at", "review_at"),
        Index("ix_sessions_ended_at", "ended_at", postgresql_where=text("ended_at IS NOT NULL")),
        {"postgresql_with": {"fillfactor": 70}, "info": {MANY: True}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    client_id: Mapped[str] = mapped_column(ForeignKey("clients.client_id", ondelete="CASCADE"))
    secret_digest: Mapped[bytes] = mapped_column(LargeBinary)
    generation: Mapped[int] = mapped_column(server_default=text("0"))
    rotated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    credential_generation: Mapped[int]
    scope: Mapped[str]
    audience: Mapped[list[str]]
    auth_time: Mapped[datetime]
    acr: Mapped[str | None]
    amr: Mapped[list[str]]
    address: Mapped[str | None]
    user_agent: Mapped[str | None]
    browser_session_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("browser_sessions.id", ondelete="SET NULL")
    )
    claims: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    review_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]


class RevokedAccessToken(Base):
    """An access token that was revoked by itself, kept until it would have expired."""

    __tablename__ = "revoked_access_tokens"
    __table_args__ = (Index("ix_revoked_access_tokens_expires_at", "expires_at"),)

    jti: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime]
