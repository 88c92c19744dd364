"""The table of users."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, func, text
from sqlalchemy.orm import Mapped, mapped_column

from authserver.ids import new_id
from authserver.storage.base import Base


class User(Base):
    """A person.

    ``credential_generation`` is copied into each session; raising it makes all sessions begun
    before dead at once, also those that are just being born. ``version`` is the ETag.
    ``profile`` has the standard claims that have no column (see ``standard_claims``).
    """

    __tablename__ = "users"
    # By the bytes: one index serves uniqueness, sign-in, the search by prefix and its order.
    __table_args__ = (Index("uq_users_email_lower", text('lower(email) COLLATE "C"'), unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(String(255))
    email_verified: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    password_hash: Mapped[str] = mapped_column(String(255))
    full_name: Mapped[str | None] = mapped_column(String(255))
    profile: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    enabled: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    credential_generation: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())

    __mapper_args__ = {  # noqa: RUF012 - SQLAlchemy's own spelling.
        "version_id_col": version,
        "eager_defaults": True,
    }
