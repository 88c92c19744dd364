"""What somebody looks for in the record."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Search:
    """All that is said must be so; ``until`` itself is left out."""

    event: str | None = None
    user_id: UUID | None = None
    client_id: str | None = None
    actor_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


EVERYTHING = Search()
