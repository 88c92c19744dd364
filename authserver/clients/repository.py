"""Queries on clients and on their secrets."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from authserver.clients.metadata import Client, Secret
from authserver.clients.models import ClientRow, ClientSecret
from authserver.errors import ClientIdTaken, ClientNotFound
from authserver.setting_rules import origin_of
from authserver.storage.db import Transaction
from authserver.storage.dependents import remove_dependents
from authserver.storage.statements import Statement, Statements

# The order in which the statement below names them.
_COLUMNS = (
    "client_id",
    "client_name",
    "enabled",
    "first_party",
    "built_in",
    "strict",
    "resource_server",
    "token_endpoint_auth_method",
    "grant_types",
    "response_types",
    "redirect_uris",
    "scope",
    "audience",
    "access_token_signing_alg",
    "metadata",
    "self_registered",
    "registration_token_digest",
    "version",
    "created_at",
    "updated_at",
)

# $1 client. One round trip brings its secrets as well.
FIND = Statement(
    "find_client",
    """
    WITH secrets AS MATERIALIZED (
        SELECT id, digest, expires_at, sealed FROM client_secrets WHERE client_id = $1::text
    )
    SELECT client_id, client_name, enabled, first_party, built_in, strict, resource_server,
           token_endpoint_auth_method, grant_types, response_types, redirect_uris, scope, audience,
           access_token_signing_alg, metadata, self_registered, registration_token_digest,
           version, created_at, updated_at,
           ARRAY(SELECT digest FROM secrets ORDER BY id),
           ARRAY(SELECT expires_at FROM secrets ORDER BY id),
           ARRAY(SELECT sealed FROM secrets ORDER BY id)
    FROM clients WHERE client_id = $1::text""",
    1,
)

WEB_ORIGINS = Statement(
    "list_web_origins",
    """
    SELECT DISTINCT substring(uri FROM '(?i)^https?://[^/?#]+')
    FROM clients c, unnest(c.redirect_uris) AS uri
    WHERE c.enabled AND uri ~* '^https?://'""",
    0,
)


@dataclass(frozen=True)
class ClientRepository:
    """The hot path by a prepared statement, the rest in the caller's transaction."""

    hot: Statements

    def find(self, client_id: str) -> Client | None:
        row = self.hot.one(FIND, client_id)
        if row is None:
            return None
        *members, digests, ends, sealed = row
        secrets = zip(digests, ends, sealed, strict=True)
        return _client(dict(zip(_COLUMNS, members, strict=True)), secrets)

    def web_origins(self) -> frozenset[str]:
        """The origins of the redirect URIs of all enabled clients, as browsers write them."""
        origins = (origin_of(beginning) for (beginning,) in self.hot.all(WEB_ORIGINS))
        return frozenset(origin for origin in origins if origin is not None)

    def get(self, tx: Transaction, client_id: str) -> Client:
        """Raises :class:`ClientNotFound`."""
        return self._whole(tx, [_found(tx.get(ClientRow, client_id))])[0]

    def lock(self, tx: Transaction, client_id: str) -> Client:
        """The client, which nobody else changes until the end of the transaction.

        Raises :class:`ClientNotFound`.
        """
        query = select(ClientRow).where(ClientRow.client_id == client_id).with_for_update()
        return self._whole(tx, [_found(tx.scalar(query))])[0]

    def add(self, tx: Transaction, client_id: str, members: Mapping[str, Any]) -> Client:
        """Raises :class:`ClientIdTaken`."""
        row = ClientRow(client_id=client_id, **_attributes(members))
        tx.add(row)
        try:
            tx.flush()
        except IntegrityError as error:
            raise ClientIdTaken from error
        return self._whole(tx, [row])[0]

    def add_built_in(self, tx: Transaction, client_id: str, members: Mapping[str, Any]) -> bool:
        """Add the client unless it is there already; of many processes at once, one adds it."""
        statement = (
            insert(ClientRow)
            .values(client_id=client_id, built_in=True, **_attributes(members))
            .on_conflict_do_nothing()
            .returning(ClientRow.client_id)
        )
        return tx.scalar(statement) is not None

    def change(self, tx: Transaction, client_id: str, members: Mapping[str, Any]) -> Client:
        """Raises :class:`ClientNotFound`."""
        row = _found(tx.get(ClientRow, client_id))
        for name, value in _attributes(members).items():
            setattr(row, name, value)
        tx.flush()
        tx.refresh(row)
        return self._whole(tx, [row])[0]

    def remove(self, tx: Transaction, client_id: str) -> None:
        """The client's secrets and sessions go with it. Raises :class:`ClientNotFound`.

        Of many sessions :meth:`remove_dependents` comes first.
        """
        tx.delete(_found(tx.get(ClientRow, client_id)))

    def remove_dependents(self, tx: Transaction, client_id: str) -> bool:
        """Delete a batch of what goes with the client; whether there is more."""
        return remove_dependents(tx, ClientRow.client_id, client_id)

    def add_secret(
        self, tx: Transaction, client_id: str, digest: bytes, sealed: bytes | None = None
    ) -> None:
        tx.add(ClientSecret(client_id=client_id, digest=digest, sealed=sealed))
        tx.flush()

    def sealed_secrets(
        self, tx: Transaction, after: UUID | None, limit: int
    ) -> Sequence[ClientSecret]:
        """A page of the secrets that can be read."""
        query = select(ClientSecret).where(ClientSecret.sealed.is_not(None))
        if after is not None:
            query = query.where(ClientSecret.id > after)
        return tx.scalars(query.order_by(ClientSecret.id).limit(limit)).all()

    def reseal_secret(self, tx: Transaction, secret: ClientSecret, sealed: bytes) -> bool:
        """Whether it was still there, and rests anew now."""
        statement = (
            update(ClientSecret)
            .where(ClientSecret.id == secret.id)
            .values(sealed=sealed)
            .returning(ClientSecret.id)
        )
        return tx.scalar(statement) is not None

    def retire_secrets(self, tx: Transaction, client_id: str, expires_at: datetime | None) -> None:
        """Let the present secret live until ``expires_at``, if at all; remove all older ones."""
        secrets = tx.scalars(select(ClientSecret).where(ClientSecret.client_id == client_id))
        for secret in secrets.all():
            if expires_at is None or secret.expires_at is not None:
                tx.delete(secret)
            else:
                secret.expires_at = expires_at
        tx.flush()

    def list(self, tx: Transaction, *, after: str | None, limit: int) -> Sequence[Client]:
        """Clients by their ids, those after ``after``."""
        query = select(ClientRow).order_by(ClientRow.client_id).limit(limit)
        if after is not None:
            query = query.where(ClientRow.client_id > after)
        return self._whole(tx, tx.scalars(query).all())

    def _whole(self, tx: Transaction, rows: Sequence[ClientRow]) -> Sequence[Client]:
        """Rows with the secrets that belong to them."""
        query = (
            select(
                ClientSecret.client_id,
                ClientSecret.digest,
                ClientSecret.expires_at,
                ClientSecret.sealed,
            )
            .where(ClientSecret.client_id.in_([row.client_id for row in rows]))
            .order_by(ClientSecret.id)
        )
        secrets = tx.execute(query).all()
        return [
            _client(
                {name: getattr(row, _attribute(name)) for name in _COLUMNS},
                [secret for owner, *secret in secrets if owner == row.client_id],
            )
            for row in rows
        ]


def _found(row: ClientRow | None) -> ClientRow:
    if row is None:
        raise ClientNotFound
    return row


def _attribute(member: str) -> str:
    """SQLAlchemy keeps the name ``metadata`` for itself."""
    return "metadata_" if member == "metadata" else member


def _attributes(members: Mapping[str, Any]) -> dict[str, Any]:
    return {_attribute(name): value for name, value in members.items()}


def _client(members: Mapping[str, Any], secrets: Iterable[Sequence[Any]]) -> Client:
    """A client that nobody can change, from the columns of its row."""
    values = dict(members)
    human = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in values.pop("metadata").items()
    }
    return Client(
        grant_types=frozenset(values.pop("grant_types")),
        response_types=frozenset(values.pop("response_types")),
        redirect_uris=tuple(values.pop("redirect_uris")),
        scope_text=values.pop("scope"),
        audience=tuple(values.pop("audience")),
        secrets=tuple(_secret(*secret) for secret in secrets),
        registration_token_digest=_bytes(values.pop("registration_token_digest")),
        metadata=MappingProxyType(human),
        **values,
    )


def _secret(digest: bytes, expires_at: datetime | None, sealed: bytes | None) -> Secret:
    return Secret(bytes(digest), expires_at, _bytes(sealed))


def _bytes(value: bytes | memoryview | None) -> bytes | None:
    """psycopg2 gives views of its buffer."""
    return None if value is None else bytes(value)
