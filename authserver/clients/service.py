"""Registering, changing and finding clients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

from authserver.actor import SYSTEM, Actor
from authserver.audit.events import Event
from authserver.audit.service import AuditService
from authserver.clients import audited
from authserver.clients.api_permissions import ApiPermissions
from authserver.clients.members import Supported
from authserver.clients.metadata import (
    Client,
    check_client_id,
    is_client_id,
    known_client_id,
    merge,
    validate_metadata,
)
from authserver.clients.repository import ClientRepository
from authserver.clients.secrets import (
    DEFAULT_OVERLAP,
    ClientSecrets,
    RegisteredClient,
    RotatedSecret,
    nothing_to_rotate,
)
from authserver.clients.sectors import SectorIdentifiers, concern_sector, sector_of
from authserver.errors import ClientIdTaken, ClientIsBuiltIn, PreconditionFailed
from authserver.storage.db import Database, Transaction
from authserver.storage.notices import Notices
from authserver.storage.short_memory import ShortMemory

TOPIC = "clients"
# What the caller may do at our REST API; None is the system itself.
Holder = frozenset[str] | None


@dataclass(frozen=True)
class ClientService:
    """Everybody's register of clients.

    Where a ``holder`` is asked for, nobody gains by a client what they lack.
    """

    database: Database
    clients: ClientRepository
    audit: AuditService
    notices: Notices
    supported: Supported
    api_permissions: ApiPermissions
    secrets: ClientSecrets
    sectors: SectorIdentifiers
    memory: ShortMemory[str, Client | None] = field(default_factory=lambda: ShortMemory("clients"))
    origins: ShortMemory[None, frozenset[str]] = field(
        default_factory=lambda: ShortMemory("origins")
    )

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
            return self.clients.get(tx, known_client_id(client_id))

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
        holder: Holder = None,
    ) -> RegisteredClient:
        """Register a client (RFC 7591), under an id of its own or a new one.

        Raises :class:`InvalidClientMetadata`, :class:`InvalidRedirectUri`, :class:`ClientIdTaken`
        and :class:`InsufficientPermission`.
        """
        members = self.validate(metadata)
        self.api_permissions.demand(holder, members["scope"])
        with self.database.transaction() as tx:
            made = self.add(tx, actor, members, client_id)
        self.tell(made.client.client_id)
        return made

    def validate(self, metadata: Mapping[str, Any]) -> dict[str, Any]:
        """The members of a client. A server of the client's may be asked: hold no transaction.

        Raises :class:`InvalidClientMetadata` and :class:`InvalidRedirectUri`.
        """
        members = validate_metadata(metadata, self.supported)
        self.sectors.check(members)
        return members

    def add(
        self, tx: Transaction, actor: Actor, members: Mapping[str, Any], client_id: str | None
    ) -> RegisteredClient:
        """Add a client of valid members; after the commit, :meth:`tell` it.

        Raises :class:`InvalidClientMetadata` and :class:`ClientIdTaken`.
        """
        if client_id is None:
            client_id = f"client-{token_hex(12)}"
        check_client_id(client_id)
        self.clients.add(tx, client_id, members)
        secret = self._new_secret(tx, client_id, members)
        client = self.clients.get(tx, client_id)
        audited.record_created(self.audit, tx, actor, client)
        return RegisteredClient(client, secret)

    def update(
        self,
        actor: Actor,
        client_id: str,
        version: int | None,
        changes: Mapping[str, Any],
        *,
        holder: Holder = None,
    ) -> RegisteredClient:
        """Change members of a client; the whole is validated again.

        A client that becomes public loses its secrets; one that needs a secret, or needs us to
        know its secret, is given a new one. Raises what :meth:`create` does, and
        :class:`ClientNotFound`, :class:`ClientIsBuiltIn` and :class:`PreconditionFailed`.
        """
        checked = None
        if concern_sector(changes):
            checked = sector_of(self.validate(merge(self.get(client_id), changes)))
        with self.database.transaction() as tx:
            before = self.lock(tx, client_id, version)
            members = validate_metadata(merge(before, changes), self.supported)
            self.api_permissions.demand(holder, before.scope_text, members["scope"])
            if sector_of(members) not in (checked, sector_of(before.registered())):
                # Somebody changed the other half of what was checked.
                raise PreconditionFailed
            changed = self.change(tx, actor, before, members, sorted(changes))
        self.tell(client_id)
        return changed

    def change(
        self,
        tx: Transaction,
        actor: Actor,
        before: Client,
        members: Mapping[str, Any],
        changed: Sequence[str],
    ) -> RegisteredClient:
        """Make a locked client what valid members say; after the commit, :meth:`tell` it."""
        client_id, secret = before.client_id, None
        if not self.secrets.are_wanted(members):
            self.clients.retire_secrets(tx, client_id, None)
        elif self.secrets.are_lacking(before, members):
            secret = self._new_secret(tx, client_id, members, DEFAULT_OVERLAP)
        client = self.clients.change(tx, client_id, members)
        more = {"changed": changed, "new_secret": secret is not None}
        audited.record_updated(self.audit, tx, actor, before, client, **more)
        return RegisteredClient(client, secret)

    def tell(self, client_id: str) -> None:
        """Let what was committed be obeyed everywhere at once."""
        self.notices.publish(TOPIC, client_id)

    def lock(self, tx: Transaction, client_id: str, version: int | None = None) -> Client:
        """The client, which may be changed, and which nobody else changes meanwhile.

        Raises :class:`ClientNotFound`, :class:`ClientIsBuiltIn`, :class:`PreconditionFailed`.
        """
        client = self.clients.lock(tx, known_client_id(client_id))
        if client.built_in:
            raise ClientIsBuiltIn
        if version is not None and version != client.version:
            raise PreconditionFailed
        return client

    def plain_secrets(self, client: Client) -> tuple[str, ...]:
        """Its valid secrets as far as they were kept so that we can read them, newest first."""
        return self.secrets.read(client)

    def enable(self, actor: Actor, client_id: str, *, holder: Holder = None) -> Client:
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
            self.tell(client_id)

    def rotate_secret(
        self,
        actor: Actor,
        client_id: str,
        overlap: int = DEFAULT_OVERLAP,
        *,
        holder: Holder = None,
    ) -> RotatedSecret:
        """A new secret; the present one ends after ``overlap`` seconds, older ones at once.

        So at most two are valid at any time (attack CA-29). Raises :class:`Invalid`,
        :class:`InvalidClientMetadata` for a public client, and what :meth:`update` does.
        """
        expires_at = self.secrets.end_after(overlap)
        with self.database.transaction() as tx:
            client = self.lock(tx, client_id)
            self.api_permissions.demand(holder, client.scope_text)
            secret = self._new_secret(tx, client_id, client.registered(), overlap)
            if secret is None:
                raise nothing_to_rotate()
            deed, detail = Event.CLIENT_SECRET_ROTATED, {"overlap": overlap}
            self.audit.record(tx, deed, actor, client_id=client_id, detail=detail)
        self.tell(client_id)
        return RotatedSecret(secret, expires_at if client.secrets else None)

    def ensure_built_in(self, client_id: str, metadata: Mapping[str, Any]) -> None:
        """Make the built-in client, or bring it to what this release says; without a secret.

        Raises :class:`ClientIdTaken` when somebody registered another client under this id.
        """
        members = validate_metadata(metadata, self.supported)
        with self.database.transaction() as tx:
            added = self.clients.add_built_in(tx, client_id, members)
            before = self.clients.lock(tx, client_id)
            if not before.built_in:
                raise ClientIdTaken
            after = self.clients.change(tx, client_id, members)
            if added:
                audited.record_created(self.audit, tx, SYSTEM, after)
            elif before.version != after.version:
                audited.record_updated(self.audit, tx, SYSTEM, before, after)
        self.tell(client_id)

    def _switch(self, actor: Actor, client_id: str, holder: Holder, *, enabled: bool) -> Client:
        with self.database.transaction() as tx:
            client = self.lock(tx, client_id)
            if enabled:
                self.api_permissions.demand(holder, client.scope_text)
            if client.enabled is not enabled:
                client = self._set_enabled(tx, actor, client, enabled)
        self.tell(client_id)
        return client

    def _delete_batch(self, actor: Actor, client_id: str) -> bool:
        """Whether the client is gone; as long as it is not, no session is born to it."""
        with self.database.transaction() as tx:
            client = self.lock(tx, client_id)
            more = self.clients.remove_dependents(tx, client_id)
            if not more:
                self.clients.remove(tx, client_id)
                audited.record_deleted(self.audit, tx, actor, client)
            elif client.enabled:
                self._set_enabled(tx, actor, client, False)
        return not more

    def _set_enabled(self, tx: Transaction, actor: Actor, client: Client, enabled: bool) -> Client:
        changed = self.clients.change(tx, client.client_id, {"enabled": enabled})
        audited.record_updated(self.audit, tx, actor, client, changed, changed=["enabled"])
        return changed

    def _new_secret(
        self, tx: Transaction, client_id: str, members: Mapping[str, Any], overlap: int = 0
    ) -> str | None:
        """A new secret beside the present one, for as long as they overlap; None if it has none."""
        secret = self.secrets.make(client_id, members)
        if secret is None:
            return None
        self.clients.retire_secrets(tx, client_id, self.secrets.end_after(overlap))
        self.clients.add_secret(tx, client_id, secret.digest, secret.sealed)
        return secret.text
