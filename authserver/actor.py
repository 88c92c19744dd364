"""Who does something, and from where: what services are told for the audit record."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """``kind`` is user, client, anonymous, operator or system.

    ``id`` is the subject of its token; of an operator, who uses the command line, it is the name
    at the operating system.
    """

    kind: str
    id: str | None = None
    address: str | None = None
    request_id: str | None = None
    user_agent: str | None = None


SYSTEM = Actor("system")
