"""What a user is to the rest of the server: values, no rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from authserver.users.models import User


@dataclass(frozen=True, slots=True)
class SignInUser:
    """What deciding about a sign-in needs to know."""

    id: UUID
    email: str
    password_hash: str
    enabled: bool
    credential_generation: int
    roles: list[str]


@dataclass(frozen=True, slots=True)
class Profile:
    """What a user and administrators may see. ``version`` is the ETag."""

    id: UUID
    email: str
    email_verified: bool
    full_name: str | None
    enabled: bool
    version: int
    created_at: datetime
    updated_at: datetime
    roles: Sequence[str]


class UserChanges(TypedDict, total=False):
    """What may be changed of a user by hand; what is absent stays."""

    email: str
    full_name: str | None


def profile_of(user: User, roles: Sequence[str]) -> Profile:
    """What may be seen of a user."""
    return Profile(
        id=user.id,
        email=user.email,
        email_verified=user.email_verified,
        full_name=user.full_name,
        enabled=user.enabled,
        version=user.version,
        created_at=user.created_at,
        updated_at=user.updated_at,
        roles=roles,
    )


def to_cache(profile: Profile) -> dict[str, Any]:
    """The profile as JSON, without its roles: those are the business of ``roles``."""
    return {
        "id": str(profile.id),
        "email": profile.email,
        "email_verified": profile.email_verified,
        "full_name": profile.full_name,
        "enabled": profile.enabled,
        "version": profile.version,
        "created_at": profile.created_at.isoformat(),
        "updated_at": profile.updated_at.isoformat(),
    }


def from_cache(stored: Any, roles: Sequence[str]) -> Profile | None:
    """The profile that was stored; None for nothing, and for what another version wrote."""
    try:
        return Profile(
            id=UUID(stored["id"]),
            email=stored["email"],
            email_verified=stored["email_verified"],
            full_name=stored["full_name"],
            enabled=stored["enabled"],
            version=stored["version"],
            created_at=datetime.fromisoformat(stored["created_at"]),
            updated_at=datetime.fromisoformat(stored["updated_at"]),
            roles=roles,
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
