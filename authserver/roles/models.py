"""The tables of roles and of who has which."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, func, text
from sqlalchemy.orm import Mapped, mapped_column

from authserver.ids import new_id
from authserver.storage.base import Base

ADMIN = "admin"
USER = "user"


class Role(Base):
    """A name that tokens carry, and the permissions that it gives at our own REST API."""

    __tablename__ = "roles"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(50), unique=True)
    description: Mapped[str | None]
    permissions: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    built_in: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own spelling.


class UserRole(Base):
    """Who has which role, since when."""

    __tablename__ = "user_roles"

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    role_id: Mapped[UUID] = mapped_column(
        ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    assigned_at: Mapped[datetime] = mapped_column(server_default=func.now())
