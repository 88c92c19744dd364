"""Who does something, and from where: what services are told for the audit record."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """``kind`` is user, client, anonymous or system; ``id`` the subject of its token."""

    kind: str
    id: str | None = None
    address: str | None = None
    request_id: str | None = None
    user_agent: str | None = None


SYSTEM = Actor("system")
