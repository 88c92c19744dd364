"""Queries on signing keys, and on the secret of the installation."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import psycopg
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_unless_there

from authserver.signing.keys import KeyRecord, SigningKeysError
from authserver.signing.models import InstallationSecretRow, SigningKey
from authserver.storage.db import Database, Transaction
from authserver.storage.statements import Row, Statement

READ = Statement(
    name="read_signing_keys",
    sql=(
        "SELECT kid, purpose, algorithm, sealed, public_jwk, created_at, usable_from,"
        " activated_at, expires_at FROM signing_keys ORDER BY created_at, kid"
    ),
    parameters=0,
)
READ_SECRET = Statement(
    name="read_installation_secret", sql="SELECT sealed FROM installation_secrets", parameters=0
)
_ONLY = 1
# Any number will do that no other lock of ours has.
_LOCK = int.from_bytes(b"signing", "big")


@dataclass(frozen=True)
class SigningKeyRepository:
    """Reads all keys; there are few."""

    def read(self, database: Database) -> list[KeyRecord]:
        """All keys by one statement.

        Raises Unavailable when PostgreSQL does not answer, and :class:`SigningKeysError` when it
        has no such table.
        """
        return [
            KeyRecord(row[0], row[1], row[2], bytes(row[3]), row[4], row[5], row[6], row[7], row[8])
            for row in _rows(database, READ, "signing_keys")
        ]

    def list(self, tx: Transaction) -> list[KeyRecord]:
        """All keys, the oldest first."""
        query = select(SigningKey).order_by(SigningKey.created_at, SigningKey.kid)
        return [_record(row) for row in tx.scalars(query)]

    def lock(self, tx: Transaction) -> None:
        """Wait until no other transaction makes or rotates keys, and keep the others out."""
        tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})

    def add(self, tx: Transaction, key: KeyRecord) -> None:
        # What is not said is NULL; None for a JSON column would be stored as JSON's null.
        values = {name: value for name, value in asdict(key).items() if value is not None}
        tx.execute(insert(SigningKey).values(values))

    def activate(self, tx: Transaction, kid: str, at: datetime) -> None:
        tx.execute(update(SigningKey).where(SigningKey.kid == kid).values(activated_at=at))

    def replace_sealed(self, tx: Transaction, kid: str, sealed: bytes) -> None:
        tx.execute(update(SigningKey).where(SigningKey.kid == kid).values(sealed=sealed))

    def expire(self, tx: Transaction, kid: str, at: datetime) -> None:
        tx.execute(update(SigningKey).where(SigningKey.kid == kid).values(expires_at=at))

    def remove_all(self, tx: Transaction) -> Sequence[str]:
        """Delete all keys; their ids."""
        return tx.scalars(delete(SigningKey).returning(SigningKey.kid)).all()

    def remove_expired(self, tx: Transaction, now: datetime) -> Sequence[str]:
        """Delete the keys that have expired; their ids."""
        query = delete(SigningKey).where(SigningKey.expires_at < now).returning(SigningKey.kid)
        return tx.scalars(query).all()


@dataclass(frozen=True)
class InstallationSecretRepository:
    """There is one row, or none."""

    def read(self, database: Database) -> bytes | None:
        """The sealed secret, by one statement. Raises as :meth:`SigningKeyRepository.read`."""
        rows = _rows(database, READ_SECRET, "installation_secrets")
        return bytes(rows[0][0]) if rows else None

    def lock(self, tx: Transaction) -> bytes | None:
        """The same, for nobody else to change until the end."""
        return tx.scalar(select(InstallationSecretRow.sealed).with_for_update())

    def add(self, tx: Transaction, sealed: bytes) -> bool:
        """Add the secret unless there is one; of many processes at once, one adds it."""
        statement = (
            insert_unless_there(InstallationSecretRow)
            .values(id=_ONLY, sealed=sealed)
            .on_conflict_do_nothing()
            .returning(InstallationSecretRow.id)
        )
        return tx.scalar(statement) is not None

    def replace(self, tx: Transaction, sealed: bytes) -> None:
        tx.execute(update(InstallationSecretRow).values(sealed=sealed))


def _rows(database: Database, statement: Statement, table: str) -> Sequence[Row]:
    try:
        return database.statements.all(statement)
    except psycopg.ProgrammingError as error:
        raise SigningKeysError(
            f"The table {table} cannot be read: the database (AUTHSERVER_DATABASE_URL) is not "
            "prepared, or this user may not read it. Run `authserver migrate`."
        ) from error


def _record(row: SigningKey) -> KeyRecord:
    return KeyRecord(
        kid=row.kid,
        purpose=row.purpose,
        algorithm=row.algorithm,
        sealed=row.sealed,
        public_jwk=row.public_jwk,
        created_at=row.created_at,
        usable_from=row.usable_from,
        activated_at=row.activated_at,
        expires_at=row.expires_at,
    )
