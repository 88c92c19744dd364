"""The rows of browser sessions, read and moved in time as only a test may."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text

from authserver.storage.db import Database


@dataclass(frozen=True)
class BrowserRows:
    """``idle`` and ``age`` stand for waiting: they move the times of a row into the past."""

    database: Database

    def sql(self, statement: str, **parameters: Any) -> list[Any]:
        """Run a statement and commit; its rows, if it has any."""
        with self.database.engine.begin() as connection:
            result = connection.execute(text(statement), parameters)
            return list(result) if result.returns_rows else []

    def get(self, session_id: UUID) -> Any:
        return self.sql("SELECT * FROM browser_sessions WHERE id = :id", id=session_id)[0]

    def ids(self) -> list[UUID]:
        return [row.id for row in self.sql("SELECT id FROM browser_sessions ORDER BY id")]

    def idle(self, session_id: UUID, seconds: float) -> None:
        """As if nobody had been there for ``seconds``."""
        self.sql(
            "UPDATE browser_sessions SET seen_at = now() - make_interval(secs => :seconds) "
            "WHERE id = :id",
            id=session_id,
            seconds=seconds,
        )

    def age(self, session_id: UUID, seconds: float) -> None:
        """As if the sign-in had been ``seconds`` ago, and somebody had been there just now."""
        self.sql(
            "UPDATE browser_sessions SET "
            "auth_time = auth_time - make_interval(secs => :seconds), "
            "expires_at = expires_at - make_interval(secs => :seconds) WHERE id = :id",
            id=session_id,
            seconds=seconds,
        )

    def pass_time(self, seconds: float) -> None:
        """As if ``seconds`` had passed for all rows."""
        self.sql(
            "UPDATE browser_sessions SET (auth_time, seen_at, expires_at, ended_at) = ("
            "auth_time - step, seen_at - step, expires_at - step, ended_at - step) "
            "FROM (SELECT make_interval(secs => :seconds) AS step) AS passed",
            seconds=seconds,
        )

    def events(self, event: str) -> list[Any]:
        """The audit events of a kind, the oldest first."""
        query = "SELECT * FROM audit_events WHERE event = :event ORDER BY id"
        return self.sql(query, event=event)
