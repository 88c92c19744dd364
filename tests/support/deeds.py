"""What may be done at an installation, and what the audit record must say of each: a table.

A deed arranges what it needs, and tells what is done and which event it makes. ``also`` are events
that come with it and are the main one of another deed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text

from authserver.actor import Actor
from authserver.audit.events import Event
from authserver.storage.db import Database
from authserver.wiring import Services
from tests.factories.clients import ClientFactory
from tests.factories.users import UserFactory
from tests.support.authorizations import AuthorizationFlow, Authorizations

ACTOR = Actor("user", "ada", "192.0.2.1", "r-1", "A browser")


@dataclass
class At:
    """Where it is done. All of ``secrets`` must not be found in the record."""

    services: Services
    flows: Authorizations
    secrets: list[str] = field(default_factory=list)

    def get(self, kind: Any) -> Any:
        return self.services.get(kind)

    def user(self, **members: Any) -> Any:
        return UserFactory(self.services)(**members)

    def client(self, client_id: str | None = None, **members: Any) -> Any:
        return ClientFactory(self.services)(client_id, **members)

    def flow(self, **members: Any) -> AuthorizationFlow:
        return self.flows(**members)

    def secret(self, value: str) -> str:
        """The same, kept in mind."""
        self.secrets.append(value)
        return value

    def sql(self, statement: str, **values: Any) -> list[Any]:
        with self.get(Database).transaction() as tx:
            result = tx.execute(text(statement), values)
            return list(result) if result.returns_rows else []


@dataclass(frozen=True)
class Deed:
    """``detail`` may be a function of what ``act`` returns, and so may ``user_id``."""

    act: Callable[[], Any]
    detail: Any
    user_id: UUID | Callable[[Any], UUID] | None = None
    client_id: str | Callable[[Any], str] | None = None
    also: Sequence[Event] = ()
    actor: Actor = ACTOR


Arrangement = Callable[[At], Deed]
DEEDS: dict[str, tuple[Event, Arrangement]] = {}


def deed(event: Event) -> Callable[[Arrangement], Arrangement]:
    """Enter a deed in the table under its own name."""

    def enter(arrange: Arrangement) -> Arrangement:
        DEEDS[arrange.__name__] = (event, arrange)
        return arrange

    return enter
