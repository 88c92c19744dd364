"""Queries on signing keys."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import psycopg
from sqlalchemy import delete, insert, select, text, update

from authserver.signing.keys import KeyRecord, SigningKeysError
from authserver.signing.models import SigningKey
from authserver.storage.db import Database, Transaction
from authserver.storage.statements import Statement

READ = Statement(
    name="read_signing_keys",
    sql=(
        "SELECT kid, purpose, algorithm, sealed, public_jwk, created_at, usable_from,"
        " activated_at, expires_at FROM signing_keys ORDER BY created_at, kid"
    ),
    parameters=0,
)
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
        try:
            rows = database.statements.all(READ)
        except psycopg.ProgrammingError as error:
            raise SigningKeysError(
                "The table signing_keys cannot be read: the database (AUTHSERVER_DATABASE_URL) is "
                "not prepared, or this user may not read it. Run `authserver migrate`."
            ) from error
        return [
            KeyRecord(row[0], row[1], row[2], bytes(row[3]), row[4], row[5], row[6], row[7], row[8])
            for row in rows
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
