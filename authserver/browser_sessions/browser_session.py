"""What a browser session is to the rest of the server: a value, no row."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """An account that is signed in in a browser, with what pages show of its user.

    ``expires_at`` is the absolute end.
    """

    id: UUID
    user_id: UUID
    email: str
    full_name: str | None
    credential_generation: int
    auth_time: datetime
    acr: str | None
    amr: tuple[str, ...]
    expires_at: datetime
