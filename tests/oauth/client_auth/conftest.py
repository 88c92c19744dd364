"""What only the database knows of a client, or only time does."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from authserver.actor import SYSTEM
from authserver.clients.replay import ReplayGuard
from authserver.clients.service import ClientService
from authserver.ids import digest, new_id
from authserver.storage.db import Database
from authserver.wiring import Services


@dataclass(frozen=True)
class ClientRows:
    services: Services

    @property
    def guard(self) -> ReplayGuard:
        return self.services.get(ReplayGuard)

    def add_secret(self, client_id: str, secret: str) -> None:
        self._execute(
            "INSERT INTO client_secrets (id, client_id, digest) VALUES (:id, :client, :digest)",
            id=new_id(),
            client=client_id,
            digest=digest(secret),
        )

    def disable(self, client_id: str) -> None:
        self.services.get(ClientService).disable(SYSTEM, client_id)

    def expire_used(self) -> None:
        self._execute("UPDATE used_assertions SET expires_at = now()")

    def count_used(self) -> int:
        with self.services.get(Database).engine.begin() as connection:
            return int(connection.execute(text("SELECT count(*) FROM used_assertions")).scalar())

    @contextlib.contextmanager
    def out_of_reach(self, table: str) -> Iterator[None]:
        """Nobody else gets at a table: as when PostgreSQL does not answer."""
        with self.services.get(Database).engine.connect() as connection:
            connection.execute(text(f"LOCK TABLE {table}"))
            yield
            connection.rollback()

    def _execute(self, sql: str, **values: object) -> None:
        with self.services.get(Database).engine.begin() as connection:
            connection.execute(text(sql), values)


@pytest.fixture
def rows_of(services: Services) -> ClientRows:
    return ClientRows(services)
