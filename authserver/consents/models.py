"""The table of consents."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, func
from sqlalchemy.orm import Mapped, mapped_column

from authserver.storage.base import Base
from authserver.storage.dependents import MANY


class ConsentRow(Base):
    """All that a user has granted to a client so far; ``granted_at`` is of the last time."""

    __tablename__ = "consents"
    __table_args__ = ({"info": {MANY: True}},)

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    client_id: Mapped[str] = mapped_column(
        ForeignKey("clients.client_id", ondelete="CASCADE"), primary_key=True, index=True
    )
    scope: Mapped[list[str]]
    granted_at: Mapped[datetime] = mapped_column(server_default=func.now())
