"""The tables of signing keys and of the secret of the installation."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, LargeBinary, func, text
from sqlalchemy.orm import Mapped, mapped_column

from authserver.storage.base import Base


class InstallationSecretRow(Base):
    """The one secret that never changes, sealed by the key-encryption key."""

    __tablename__ = "installation_secrets"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class SigningKey(Base):
    """A key, its private part sealed by the key-encryption key.

    Its state is not stored but follows from the time, so that no crash can leave it in between
    and all processes change at the same moment: *next* until ``activated_at``, then *active* until
    a younger key of its purpose and algorithm is activated, then *retired*, and gone from the JWKS
    at ``expires_at``. It may not be activated before ``usable_from``: until then somebody may hold
    a cached JWKS without it.
    """

    __tablename__ = "signing_keys"
    __table_args__ = (
        CheckConstraint("purpose IN ('token', 'refresh')", name="purpose"),
        Index(
            "uq_signing_keys_next",
            "purpose",
            "algorithm",
            unique=True,
            postgresql_where=text("activated_at IS NULL"),
        ),
    )

    kid: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    algorithm: Mapped[str]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    public_jwk: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    usable_from: Mapped[datetime]
    activated_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
