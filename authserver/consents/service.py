"""Remembering, listing and withdrawing what people have granted to clients."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from authserver.actor import Actor
from authserver.audit.details import Detail, changes
from authserver.audit.events import Event
from authserver.audit.service import AuditService
from authserver.clients.metadata import is_client_id
from authserver.consents.consent import Consent
from authserver.consents.repository import ConsentRepository
from authserver.errors import ConsentNotFound
from authserver.sessions.service import SessionService
from authserver.storage.db import Database

MOST_LISTED = 1000


@dataclass(frozen=True)
class ConsentService:
    """What people have allowed clients. It is read from PostgreSQL each time."""

    database: Database
    consents: ConsentRepository
    sessions: SessionService
    audit: AuditService

    def find(self, user_id: UUID, client_id: str) -> Consent | None:
        """What the user has granted to the client so far."""
        return self.consents.find(user_id, client_id)

    def grant(self, user_id: UUID, client_id: str, scope: Collection[str], actor: Actor) -> None:
        """Add to what the user has granted, and remember when; nothing is taken back by it.

        Raises :class:`UserNotFound` and :class:`ClientNotFound`.
        """
        with self.database.transaction() as tx:
            before = self.consents.granted(tx, user_id, client_id)
            after = self.consents.grant(tx, user_id, client_id, scope)
            self.audit.record(
                tx,
                Event.CONSENT_GRANTED,
                actor,
                user_id=user_id,
                client_id=client_id,
                detail={"scope": " ".join(sorted(scope))} | _changes(before, after),
            )

    def withdraw(self, user_id: UUID, client_id: str, actor: Actor) -> None:
        """Take everything back: the client must ask again, and all its sessions of the user end.

        Raises :class:`ConsentNotFound`.
        """
        if not is_client_id(client_id):
            raise ConsentNotFound
        with self.database.transaction() as tx:
            withdrawn = self.consents.remove(tx, user_id, client_id)
            if withdrawn is not None:
                count = self.sessions.end_at_client(tx, user_id, client_id, "consent_withdrawn")
                self.audit.record(
                    tx,
                    Event.CONSENT_WITHDRAWN,
                    actor,
                    user_id=user_id,
                    client_id=client_id,
                    detail={"ended_sessions": count} | _changes(withdrawn, []),
                )
        if withdrawn is None:
            raise ConsentNotFound

    def list(
        self, user_id: UUID, after: str | None = None, limit: int = MOST_LISTED
    ) -> list[Consent]:
        """What a user has granted, by the ids of clients; ``after`` is the last of a page."""
        with self.database.transaction() as tx:
            return self.consents.list(tx, user_id, after, limit)


def _changes(before: Collection[str], after: Collection[str]) -> Detail:
    return changes({"scope": sorted(before)}, {"scope": sorted(after)})
