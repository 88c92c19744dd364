"""The table of initial access tokens."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

from authserver.ids import new_id
from authserver.storage.base import Base


class InitialAccessToken(Base):
    """What lets somebody register clients, so many times until some moment (RFC 7591, 3)."""

    __tablename__ = "initial_access_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    uses_left: Mapped[int]
    note: Mapped[str | None]
