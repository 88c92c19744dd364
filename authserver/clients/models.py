"""The tables of clients and of their secrets."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, func, text
from sqlalchemy.orm import Mapped, mapped_column

from authserver.ids import new_id
from authserver.storage.base import Base

_NO_LIST = text("'{}'")
_FALSE = text("false")


class ClientRow(Base):
    """A client as registered. Everybody else sees it as a :class:`clients.metadata.Client`.

    ``strict`` pins the method of authentication; ``resource_server`` allows introspection of
    tokens for other audiences; ``metadata_`` holds what has no column. ``self_registered`` are
    those of dynamic registration, which are managed by a token of which the digest is kept.
    """

    __tablename__ = "clients"

    client_id: Mapped[str] = mapped_column(String(255), primary_key=True)
    client_name: Mapped[str] = mapped_column(String(255))
    enabled: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    first_party: Mapped[bool] = mapped_column(default=False, server_default=_FALSE)
    built_in: Mapped[bool] = mapped_column(default=False, server_default=_FALSE)
    strict: Mapped[bool] = mapped_column(default=False, server_default=_FALSE)
    resource_server: Mapped[bool] = mapped_column(default=False, server_default=_FALSE)
    token_endpoint_auth_method: Mapped[str]
    grant_types: Mapped[list[str]] = mapped_column(server_default=_NO_LIST)
    response_types: Mapped[list[str]] = mapped_column(server_default=_NO_LIST)
    redirect_uris: Mapped[list[str]] = mapped_column(server_default=_NO_LIST)
    scope: Mapped[str] = mapped_column(server_default=text("''"))
    audience: Mapped[list[str]] = mapped_column(server_default=_NO_LIST)
    access_token_signing_alg: Mapped[str | None]
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", server_default=text("'{}'"))
    self_registered: Mapped[bool] = mapped_column(default=False, server_default=_FALSE)
    registration_token_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own spelling.


class UsedAssertion(Base):
    """What a client has used and may not use again, by SHA-256 of client and ``jti``."""

    __tablename__ = "used_assertions"
    __table_args__ = (Index("ix_used_assertions_expires_at", "expires_at"),)

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    expires_at: Mapped[datetime]


class ClientSecret(Base):
    """SHA-256 of a secret of 256 bits. Two may be valid at once: rotation needs no downtime.

    ``sealed`` is the secret itself under the key-encryption key, for clients that need it.
    """

    __tablename__ = "client_secrets"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    client_id: Mapped[str] = mapped_column(
        ForeignKey("clients.client_id", ondelete="CASCADE"), index=True
    )
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime | None]
