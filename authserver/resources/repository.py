"""Queries on resource servers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from authserver.errors import ResourceServerNotFound, ResourceServerTaken
from authserver.resources.models import ResourceServer
from authserver.resources.resource_server import ResourceServerValue
from authserver.storage.db import Transaction
from authserver.storage.statements import Statement, Statements

# The order in which the statement below names them.
_COLUMNS = (
    "id",
    "audience",
    "name",
    "signing_alg",
    "access_token_ttl",
    "version",
    "created_at",
    "updated_at",
)

# $1 audience.
FIND = Statement(
    "find_resource_server",
    """
    SELECT id::text, audience, name, signing_alg, access_token_ttl, version, created_at, updated_at
    FROM resource_servers WHERE audience = $1::text""",
    1,
)


@dataclass(frozen=True)
class ResourceServerRepository:
    """The hot path by a prepared statement, the rest in the caller's transaction."""

    hot: Statements

    def find(self, audience: str) -> ResourceServerValue | None:
        row = self.hot.one(FIND, audience)
        if row is None:
            return None
        members = dict(zip(_COLUMNS, row, strict=True))
        return ResourceServerValue(**members | {"id": UUID(members["id"])})

    def get(self, tx: Transaction, resource_server_id: UUID) -> ResourceServerValue:
        """Raises :class:`ResourceServerNotFound`."""
        return _value(_found(tx.get(ResourceServer, resource_server_id)))

    def lock(self, tx: Transaction, resource_server_id: UUID) -> ResourceServerValue:
        """The resource server, which nobody else changes until the end of the transaction.

        Raises :class:`ResourceServerNotFound`.
        """
        return _value(_found(tx.get(ResourceServer, resource_server_id, with_for_update=True)))

    def add(self, tx: Transaction, members: Mapping[str, Any]) -> ResourceServerValue:
        """Raises :class:`ResourceServerTaken`."""
        row = ResourceServer(**members)
        tx.add(row)
        try:
            tx.flush()
        except IntegrityError as error:
            raise ResourceServerTaken from error
        return _value(row)

    def change(
        self, tx: Transaction, resource_server_id: UUID, members: Mapping[str, Any]
    ) -> ResourceServerValue:
        """Raises :class:`ResourceServerNotFound`."""
        row = _found(tx.get(ResourceServer, resource_server_id))
        for name, value in members.items():
            setattr(row, name, value)
        tx.flush()
        tx.refresh(row)
        return _value(row)

    def remove(self, tx: Transaction, resource_server_id: UUID) -> None:
        """Raises :class:`ResourceServerNotFound`."""
        tx.delete(_found(tx.get(ResourceServer, resource_server_id)))

    def list(
        self, tx: Transaction, *, after: UUID | None, limit: int
    ) -> Sequence[ResourceServerValue]:
        """Resource servers in the order in which they were made, those after ``after``."""
        query = select(ResourceServer).order_by(ResourceServer.id).limit(limit)
        if after is not None:
            query = query.where(ResourceServer.id > after)
        return [_value(row) for row in tx.scalars(query)]


def _found(row: ResourceServer | None) -> ResourceServer:
    if row is None:
        raise ResourceServerNotFound
    return row


def _value(row: ResourceServer) -> ResourceServerValue:
    return ResourceServerValue(**{name: getattr(row, name) for name in _COLUMNS})
