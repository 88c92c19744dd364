"""What somebody's roles add up to, and how the cache keeps it to be shown.

Nothing is decided by a holding: what a token's bearer may do comes with the session, from
PostgreSQL.
"""

import itertools
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Holding:
    """The names of a user's roles, in order, and the permissions that they add up to."""

    names: tuple[str, ...]
    permissions: frozenset[str]

    @classmethod
    def of(cls, roles: Collection[tuple[Any, ...]]) -> Self:
        """From the name and the permissions of each role."""
        return cls(
            names=tuple(name for name, _ in roles),
            permissions=frozenset(itertools.chain.from_iterable(held for _, held in roles)),
        )

    @classmethod
    def from_json(cls, value: Any) -> Self | None:
        """From what the cache had; None for anything that we did not put there."""
        match value:
            case {"names": list(names), "permissions": list(permissions)} if all(
                isinstance(entry, str) for entry in (*names, *permissions)
            ):
                return cls(tuple(names), frozenset(permissions))
        return None

    def as_json(self) -> dict[str, list[str]]:
        """What the cache keeps."""
        return {"names": list(self.names), "permissions": sorted(self.permissions)}
