"""Registering, changing and finding clients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

from authserver.actor import SYSTEM, Actor
from authserver.audit.events import Event
from authserver.audit.service import AuditService
from authserver.clients.members import Supported
from authserver.clients.metadata import (
    NONE,
    Client,
    check_client_id,
    is_client_id,
    validate_metadata,
)
from authserver.clients.repository import ClientRepository
from authserver.clock import Clock
from authserver.errors import (
    ClientIdTaken,
    ClientIsBuiltIn,
    ClientNotFound,
    InsufficientPermission,
    Invalid,
    InvalidClientMetadata,
    PreconditionFailed,
)
from authserver.ids import digest, new_secret
from authserver.storage.db import Database, Transaction
from authserver.storage.notices import Notices
from authserver.storage.short_memory import ShortMemory

TOPIC = "clients"
DEFAULT_OVERLAP = 86_400
MAX_OVERLAP = 30 * 86_400
# The scope that lets a client use all permissions of the person behind it.
SCOPE_MANAGE = "manage"


@dataclass(frozen=True)
class CreatedClient:
    """A new client; its secret is known now and never again. None for a public client."""

    client: Client
    secret: str | None = field(repr=False)


@dataclass(frozen=True)
class RotatedSecret:
    """A new secret, known now and never again, and when the one before it ends."""

    secret: str = field(repr=False)
    previous_expires_at: datetime | None


@dataclass(frozen=True)
class ClientService:
    """Everybody's register of clients.

    ``permission_names`` are the scopes that open our own REST API. ``holder`` below is what the
    caller may do there, None for the system itself: nobody gains by a client what they lack.
    """

    database: Database
    clients: ClientRepository
    audit: AuditService
    notices: Notices
    clock: Clock
    supported: Supported
    permission_names: frozenset[str]
    memory: ShortMemory[str, Client | None] = field(default_factory=ShortMemory)
    origins: ShortMemory[None, frozenset[str]] = field(default_factory=ShortMemory)

    def __post_init__(self) -> None:
        self.notices.listen(TOPIC, self.memory.forget)

    def find(self, client_id: str) -> Client | None:
        """The client, at most a second old, enabled or not. Raises :class:`Unavailable`."""
        if not is_client_id(client_id):
            return None
        return self.memory.get(client_id, lambda: self.clients.find(client_id))

    def is_web_origin(self, origin: str) -> bool:
        """Whether scripts of an origin may call us: a client has a redirect URI there.

        All origins are asked for at once, at most about once a second: whoever sends us many that
        do not exist costs no more than one query. Raises :class:`Unavailable`.
        """
        return origin in self.origins.get(None, self.clients.web_origins)

    def get(self, client_id: str) -> Client:
        """The client as it is now. Raises :class:`ClientNotFound`."""
        with self.database.transaction() as tx:
            return self.clients.get(tx, _known(client_id))

    def list(self, *, after: str | None, limit: int) -> Sequence[Client]:
        """A page of clients by their ids."""
        with self.database.transaction() as tx:
            return self.clients.list(tx, after=after, limit=limit)

    def create(
        self,
        actor: Actor,
        metadata: Mapping[str, Any],
        client_id: str | None = None,
        *,
        holder: frozenset[str] | None = None,
    ) -> CreatedClient:
        """Register a client (RFC 7591), under an id of its own or a new one.

        Raises :class:`InvalidClientMetadata`, :class:`InvalidRedirectUri`, :class:`ClientIdTaken`
        and :class:`InsufficientPermission`.
        """
        if client_id is None:
            client_id = f"client-{token_hex(12)}"
        check_client_id(client_id)
        members = validate_metadata(metadata, self.supported)
        self._demand(holder, members["scope"])
        secret = None if members["token_endpoint_auth_method"] == NONE else new_secret()
        with self.database.transaction() as tx:
            self.clients.add(tx, client_id, members)
            if secret is not None:
                self.clients.add_secret(tx, client_id, digest(secret))
            client = self.clients.get(tx, client_id)
            self._record(tx, Event.CLIENT_CREATED, actor, client_id, scope=client.scope_text)
        self.notices.publish(TOPIC, client_id)
        return CreatedClient(client, secret)

    def update(
        self,
        actor: Actor,
        client_id: str,
        version: int | None,
        changes: Mapping[str, Any],
        *,
        holder: frozenset[str] | None = None,
    ) -> Client:
        """Change members of a client; the whole is validated again.

        A client that becomes public loses its secrets. Raises what :meth:`create` does, and
        :class:`ClientNotFound`, :class:`ClientIsBuiltIn` and :class:`PreconditionFailed`.
        """
        with self.database.transaction() as tx:
            before = self._lock(tx, client_id, version)
            members = validate_metadata(_merge(before, changes), self.supported)
            self._demand(holder, before.scope_text, members["scope"])
            if members["token_endpoint_auth_method"] == NONE:
                self.clients.retire_secrets(tx, client_id, None)
            client = self.clients.change(tx, client_id, members)
            self._record(tx, Event.CLIENT_UPDATED, actor, client_id, changed=sorted(changes))
        self.notices.publish(TOPIC, client_id)
        return client

    def enable(
        self, actor: Actor, client_id: str, *, holder: frozenset[str] | None = None
    ) -> Client:
        """Let the client work again. Raises what :meth:`update` does."""
        return self._switch(actor, client_id, holder, enabled=True)

    def disable(self, actor: Actor, client_id: str) -> Client:
        """Refuse the client everywhere until it is enabled again. Raises as :meth:`update`."""
        return self._switch(actor, client_id, None, enabled=False)

    def delete(self, actor: Actor, client_id: str) -> None:
        """Remove the client, and with it its secrets and sessions (RFC 7592, section 2.3).

        Of very many sessions a batch goes at a time, while the client is disabled; whoever is
        interrupted deletes it once more. Raises :class:`ClientNotFound` and
        :class:`ClientIsBuiltIn`.
        """
        gone = False
        while not gone:
            gone = self._delete_batch(actor, client_id)
            self.notices.publish(TOPIC, client_id)

    def rotate_secret(
        self,
        actor: Actor,
        client_id: str,
        overlap: int = DEFAULT_OVERLAP,
        *,
        holder: frozenset[str] | None = None,
    ) -> RotatedSecret:
        """A new secret; the present one ends after ``overlap`` seconds, older ones at once.

        So at most two are valid at any time (attack CA-29). Raises :class:`Invalid`,
        :class:`InvalidClientMetadata` for a public client, and what :meth:`update` does.
        """
        if not 0 <= overlap <= MAX_OVERLAP:
            raise Invalid(fields={"overlap": [f"Expected 0 to {MAX_OVERLAP} seconds."]})
        expires_at = self.clock.now() + timedelta(seconds=overlap) if overlap else None
        secret = new_secret()
        with self.database.transaction() as tx:
            client = self._lock(tx, client_id, None)
            self._demand(holder, client.scope_text)
            if client.is_public:
                sentence = "A public client has no secret. Change its method of authentication."
                raise InvalidClientMetadata(fields={"token_endpoint_auth_method": [sentence]})
            self.clients.retire_secrets(tx, client_id, expires_at)
            self.clients.add_secret(tx, client_id, digest(secret))
            self._record(tx, Event.CLIENT_SECRET_ROTATED, actor, client_id, overlap=overlap)
        self.notices.publish(TOPIC, client_id)
        return RotatedSecret(secret, expires_at if client.secrets else None)

    def ensure_built_in(self, client_id: str, metadata: Mapping[str, Any]) -> None:
        """Make the built-in client, or bring it to what this release says; without a secret.

        Raises :class:`ClientIdTaken` when somebody registered another client under this id.
        """
        members = validate_metadata(metadata, self.supported)
        with self.database.transaction() as tx:
            if self.clients.add_built_in(tx, client_id, members):
                self._record(tx, Event.CLIENT_CREATED, SYSTEM, client_id, scope=members["scope"])
            if not self.clients.lock(tx, client_id).built_in:
                raise ClientIdTaken
            self.clients.change(tx, client_id, members)
        self.notices.publish(TOPIC, client_id)

    def _switch(
        self, actor: Actor, client_id: str, holder: frozenset[str] | None, *, enabled: bool
    ) -> Client:
        with self.database.transaction() as tx:
            client = self._lock(tx, client_id, None)
            if enabled:
                self._demand(holder, client.scope_text)
            if client.enabled is not enabled:
                client = self.clients.change(tx, client_id, {"enabled": enabled})
                self._record(tx, Event.CLIENT_UPDATED, actor, client_id, enabled=enabled)
        self.notices.publish(TOPIC, client_id)
        return client

    def _delete_batch(self, actor: Actor, client_id: str) -> bool:
        """Whether the client is gone; as long as it is not, no session is born to it."""
        with self.database.transaction() as tx:
            client = self._lock(tx, client_id, None)
            more = self.clients.remove_dependents(tx, client_id)
            if not more:
                self.clients.remove(tx, client_id)
                self._record(tx, Event.CLIENT_DELETED, actor, client_id)
            elif client.enabled:
                self.clients.change(tx, client_id, {"enabled": False})
                self._record(tx, Event.CLIENT_UPDATED, actor, client_id, enabled=False)
        return not more

    def _lock(self, tx: Transaction, client_id: str, version: int | None) -> Client:
        """The client, which may be changed, and which nobody else changes meanwhile."""
        client = self.clients.lock(tx, _known(client_id))
        if client.built_in:
            raise ClientIsBuiltIn
        if version is not None and version != client.version:
            raise PreconditionFailed
        return client

    def _demand(self, holder: frozenset[str] | None, *scopes: str) -> None:
        """The caller must hold each permission that the client carries, before and after.

        Who could give a client more than they have, or take over one that has more, would have
        as much as it.
        """
        if holder is None:
            return
        wanted = frozenset(" ".join(scopes).split())
        powers = self.permission_names if SCOPE_MANAGE in wanted else wanted & self.permission_names
        if not powers <= holder:
            raise InsufficientPermission(detail="the scope of the client exceeds the caller's")

    def _record(
        self, tx: Transaction, event: Event, actor: Actor, client_id: str, **detail: Any
    ) -> None:
        self.audit.record(tx, event, actor, client_id=client_id, detail=detail)


def _known(client_id: str) -> str:
    """Refuse before any query what can be no client's id. Raises :class:`ClientNotFound`."""
    if not is_client_id(client_id):
        raise ClientNotFound
    return client_id


def _merge(client: Client, changes: Mapping[str, Any]) -> dict[str, Any]:
    """What the client would be; its response types follow its grant types unless told apart."""
    members = client.registered()
    if "grant_types" in changes:
        del members["response_types"]
    return members | dict(changes)
