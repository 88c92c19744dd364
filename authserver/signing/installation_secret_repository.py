"""Queries on the secret of the installation."""

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from authserver.signing.models import InstallationSecretRow
from authserver.storage.db import Transaction

_ONLY = 1


@dataclass(frozen=True)
class InstallationSecretRepository:
    """There is one row, or none."""

    def find(self, tx: Transaction) -> bytes | None:
        """The sealed secret."""
        return tx.scalar(select(InstallationSecretRow.sealed))

    def lock(self, tx: Transaction) -> bytes | None:
        """The same, for nobody else to change until the end."""
        return tx.scalar(select(InstallationSecretRow.sealed).with_for_update())

    def add(self, tx: Transaction, sealed: bytes) -> bool:
        """Add the secret unless there is one; of many processes at once, one adds it."""
        statement = (
            insert(InstallationSecretRow)
            .values(id=_ONLY, sealed=sealed)
            .on_conflict_do_nothing()
            .returning(InstallationSecretRow.id)
        )
        return tx.scalar(statement) is not None

    def replace(self, tx: Transaction, sealed: bytes) -> None:
        tx.execute(update(InstallationSecretRow).values(sealed=sealed))
