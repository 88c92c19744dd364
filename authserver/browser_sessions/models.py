"""The table of browser sessions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, func, text
from sqlalchemy.orm import Mapped, mapped_column

from authserver.ids import new_id
from authserver.storage.base import Base
from authserver.storage.dependents import MANY


class BrowserSessionRow(Base):
    """One account, signed in in one browser.

    The browser's token is the id and a secret of which ``secret_digest`` is the SHA-256; each
    sign-in makes another secret. ``credential_generation`` is that of the user: a change of it
    makes the row dead at once. ``expires_at`` is the absolute end, after which the row is cleared
    away, and comes soon after an end of another kind; the idle end follows from ``seen_at``.
    """

    __tablename__ = "browser_sessions"
    __table_args__ = (
        # The living of a user: those who have ended cost a sign-in nothing.
        Index(
            "ix_browser_sessions_living",
            "user_id",
            "id",
            postgresql_where=text("ended_at IS NULL"),
        ),
        # For the foreign key, which finds the dead as well.
        Index("ix_browser_sessions_user_id", "user_id"),
        # For clearing away.
        Index("ix_browser_sessions_expires_at", "expires_at"),
        {"info": {MANY: True}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    secret_digest: Mapped[bytes] = mapped_column(LargeBinary)
    credential_generation: Mapped[int]
    auth_time: Mapped[datetime]
    acr: Mapped[str | None]
    amr: Mapped[list[str]]
    address: Mapped[str | None]
    user_agent: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]
