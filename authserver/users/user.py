"""What a user is to the rest of the server: values, no rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypedDict
from uuid import UUID

from authserver.roles.holding import Holding
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
    profile: Mapping[str, Any]
    enabled: bool
    version: int
    created_at: datetime
    updated_at: datetime
    roles: Sequence[str]
    permissions: Sequence[str]


class UserChanges(TypedDict, total=False):
    """What may be changed of a user by hand; what is absent stays.

    Of ``profile`` as well: there, None takes a claim away (RFC 7396).
    """

    email: str
    full_name: str | None
    profile: Mapping[str, Any]


def profile_of(user: User, holding: Holding) -> Profile:
    """What may be seen of a user."""
    return Profile(
        id=user.id,
        email=user.email,
        email_verified=user.email_verified,
        full_name=user.full_name,
        profile=user.profile,
        enabled=user.enabled,
        version=user.version,
        created_at=user.created_at,
        updated_at=user.updated_at,
        roles=holding.names,
        permissions=sorted(holding.permissions),
    )


def to_cache(profile: Profile) -> dict[str, Any]:
    """The profile as JSON, without roles and permissions: those are the business of ``roles``."""
    return {
        "id": str(profile.id),
        "email": profile.email,
        "email_verified": profile.email_verified,
        "full_name": profile.full_name,
        "profile": dict(profile.profile),
        "enabled": profile.enabled,
        "version": profile.version,
        "created_at": profile.created_at.isoformat(),
        "updated_at": profile.updated_at.isoformat(),
    }


def from_cache(stored: Any, holding: Holding) -> Profile | None:
    """The profile that was stored; None for nothing, and for anything that we did not put there."""
    match stored:
        case {
            "id": str(user_id),
            "email": str(email),
            "email_verified": bool(email_verified),
            "full_name": str() | None as full_name,
            "profile": dict(claims),
            "enabled": bool(enabled),
            "version": int(version),
            "created_at": str(created_at),
            "updated_at": str(updated_at),
        }:
            pass
        case _:
            return None
    try:
        return Profile(
            id=UUID(user_id),
            email=email,
            email_verified=email_verified,
            full_name=full_name,
            profile=claims,
            enabled=enabled,
            version=version,
            created_at=_moment(created_at),
            updated_at=_moment(updated_at),
            roles=holding.names,
            permissions=sorted(holding.permissions),
        )
    except (OverflowError, ValueError):
        return None


def _moment(text: str) -> datetime:
    """Raises OverflowError and ValueError for what is none, or none of our calendar."""
    return datetime.fromisoformat(text).astimezone(UTC)
