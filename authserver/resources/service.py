"""Registering, changing and finding resource servers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from authserver.actor import Actor
from authserver.audit import details
from authserver.audit.events import Event
from authserver.audit.service import AuditService
from authserver.errors import PreconditionFailed
from authserver.resources.repository import ResourceServerRepository
from authserver.resources.resource_server import ResourceServerValue, check_members, is_audience
from authserver.storage.db import Database, Transaction
from authserver.storage.notices import Notices
from authserver.storage.short_memory import ShortMemory

TOPIC = "resource_servers"


@dataclass(frozen=True)
class ResourceServerService:
    """Everybody's register of audiences. The audience itself never changes."""

    database: Database
    resource_servers: ResourceServerRepository
    audit: AuditService
    notices: Notices
    signing_algorithms: tuple[str, ...]
    memory: ShortMemory[str, ResourceServerValue | None] = field(
        default_factory=lambda: ShortMemory("resource_servers")
    )

    def __post_init__(self) -> None:
        self.notices.listen(TOPIC, self.memory.forget)

    def find(self, audience: str) -> ResourceServerValue | None:
        """The resource server, at most a second old. Raises :class:`Unavailable`."""
        if not is_audience(audience):
            return None
        return self.memory.get(audience, lambda: self.resource_servers.find(audience))

    def get(self, resource_server_id: UUID) -> ResourceServerValue:
        """The resource server as it is now. Raises :class:`ResourceServerNotFound`."""
        with self.database.transaction() as tx:
            return self.resource_servers.get(tx, resource_server_id)

    def list(self, *, after: UUID | None, limit: int) -> Sequence[ResourceServerValue]:
        """A page of resource servers in the order in which they were made."""
        with self.database.transaction() as tx:
            return self.resource_servers.list(tx, after=after, limit=limit)

    def create(self, actor: Actor, members: Mapping[str, Any]) -> ResourceServerValue:
        """Register a resource server. Raises :class:`Invalid` and :class:`ResourceServerTaken`."""
        check_members(members, self.signing_algorithms)
        with self.database.transaction() as tx:
            created = self.resource_servers.add(tx, members)
            self._record(tx, Event.RESOURCE_SERVER_CREATED, actor, None, created)
        self.notices.publish(TOPIC, created.audience)
        return created

    def update(
        self,
        actor: Actor,
        resource_server_id: UUID,
        version: int | None,
        changes: Mapping[str, Any],
    ) -> ResourceServerValue:
        """Change name, algorithm or life of tokens.

        Raises :class:`Invalid`, :class:`ResourceServerNotFound` and :class:`PreconditionFailed`.
        """
        check_members(changes, self.signing_algorithms)
        with self.database.transaction() as tx:
            before = self.resource_servers.lock(tx, resource_server_id)
            if version is not None and version != before.version:
                raise PreconditionFailed
            changed = self.resource_servers.change(tx, resource_server_id, changes)
            self._record(tx, Event.RESOURCE_SERVER_UPDATED, actor, before, changed)
        self.notices.publish(TOPIC, changed.audience)
        return changed

    def delete(self, actor: Actor, resource_server_id: UUID) -> None:
        """Remove a resource server. Raises :class:`ResourceServerNotFound`."""
        with self.database.transaction() as tx:
            removed = self.resource_servers.lock(tx, resource_server_id)
            self.resource_servers.remove(tx, resource_server_id)
            self._record(tx, Event.RESOURCE_SERVER_DELETED, actor, removed, None)
        self.notices.publish(TOPIC, removed.audience)

    def _record(
        self,
        tx: Transaction,
        event: Event,
        actor: Actor,
        before: ResourceServerValue | None,
        after: ResourceServerValue | None,
    ) -> None:
        named = after or before
        detail = {"audience": named.audience} if named else {}
        self.audit.record(
            tx, event, actor, detail=detail | details.changes(_members(before), _members(after))
        )


def _members(value: ResourceServerValue | None) -> dict[str, Any]:
    if value is None:
        return {}
    return {
        "name": value.name,
        "signing_alg": value.signing_alg,
        "access_token_ttl": value.access_token_ttl,
    }
