"""The rows of sessions, read and moved in time as only a test may."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from authserver.storage.db import Database
from tests.support.jwks_verifier import payload_of


def session_id_of(token: str) -> UUID:
    """The session that an access or refresh token names."""
    return UUID(payload_of(token)["sid"])


@dataclass(frozen=True)
class SessionRows:
    """``age`` stands for waiting: it moves the times of a row into the past."""

    database: Database

    def sql(self, statement: str, **parameters: Any) -> list[Any]:
        """Run a statement and commit; its rows, if it has any."""
        with self.database.engine.begin() as connection:
            result = connection.execute(text(statement), parameters)
            return list(result) if result.returns_rows else []

    def get(self, session_id: UUID) -> Any:
        return self.sql("SELECT * FROM sessions WHERE id = :id", id=session_id)[0]

    def age(self, session_id: UUID, seconds: float) -> None:
        """As if ``seconds`` had passed since the last rotation."""
        self.sql(
            "UPDATE sessions SET rotated_at = rotated_at - make_interval(secs => :seconds) "
            "WHERE id = :id",
            id=session_id,
            seconds=seconds,
        )

    def expire(self, session_id: UUID) -> None:
        """As if its absolute end had come just now."""
        self.sql(
            "UPDATE sessions SET expires_at = now(), review_at = now() WHERE id = :id",
            id=session_id,
        )

    def events(self, event: str) -> list[Any]:
        """The audit events of a kind, the oldest first."""
        query = "SELECT * FROM audit_events WHERE event = :event ORDER BY id"
        return self.sql(query, event=event)
