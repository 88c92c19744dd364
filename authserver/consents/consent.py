"""What a consent is to the rest of the server: a value, no row."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """What a user has granted to a client so far, and when they agreed the last time."""

    client_id: str
    client_name: str
    scope: frozenset[str]
    granted_at: datetime
