"""Who somebody is at this moment, for what is told to others about them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from authserver.storage.statements import Statement, Statements

_FIND = Statement(
    "find_person",
    """
    SELECT email, email_verified, full_name, updated_at, profile
    FROM users WHERE id = $1::uuid AND enabled""",
    1,
)


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of a user; ``profile`` has the standard claims that have no column."""

    email: str
    email_verified: bool
    full_name: str | None
    updated_at: datetime
    profile: Mapping[str, Any]


@dataclass(frozen=True)
class People:
    """Users by one statement, not from a cache."""

    hot: Statements

    def find(self, user_id: UUID) -> Person | None:
        """The person, unless they were deleted or disabled."""
        row = self.hot.one(_FIND, user_id)
        return Person(*row) if row else None
