"""What the audit record says of a client: what it may do, and by what it proves who it is."""

from typing import Any

from authserver.actor import Actor
from authserver.audit.details import changes
from authserver.audit.events import Event
from authserver.audit.service import AuditService
from authserver.clients.members import HUMAN_MEMBERS
from authserver.clients.metadata import Client
from authserver.clients.openid_metadata import untagged
from authserver.storage.db import Transaction

_FOR_PEOPLE = {"client_name", *HUMAN_MEMBERS}
_NOTHING: tuple[Any, ...] = (None, "", (), [])


def record_created(audit: AuditService, tx: Transaction, actor: Actor, client: Client) -> None:
    detail = {"after": changes({}, _members(client))["after"]}
    audit.record(tx, Event.CLIENT_CREATED, actor, client_id=client.client_id, detail=detail)


def record_updated(
    audit: AuditService, tx: Transaction, actor: Actor, before: Client, after: Client, **more: Any
) -> None:
    """All that differs, what only people read apart."""
    detail = more | changes(_members(before), _members(after))
    audit.record(tx, Event.CLIENT_UPDATED, actor, client_id=after.client_id, detail=detail)


def record_deleted(audit: AuditService, tx: Transaction, actor: Actor, client: Client) -> None:
    detail = {"before": changes(_members(client), {})["before"]}
    audit.record(tx, Event.CLIENT_DELETED, actor, client_id=client.client_id, detail=detail)


def _members(client: Client) -> dict[str, Any]:
    """Those that say something."""
    members = {
        name: value
        for name, value in client.registered().items()
        if not _is_for_people(name) and value is not False and value not in _NOTHING
    }
    return members | {"enabled": client.enabled}


def _is_for_people(name: str) -> bool:
    return name in _FOR_PEOPLE or untagged(name) is not None
