"""The table of resource servers."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import String, func, text
from sqlalchemy.orm import Mapped, mapped_column

from authserver.ids import new_id
from authserver.storage.base import Base


class ResourceServer(Base):
    """A service that takes our access tokens; ``audience`` is its identifier (RFC 8707)."""

    __tablename__ = "resource_servers"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    audience: Mapped[str] = mapped_column(String(255), unique=True)
    name: Mapped[str] = mapped_column(String(255))
    signing_alg: Mapped[str | None]
    access_token_ttl: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own spelling.
