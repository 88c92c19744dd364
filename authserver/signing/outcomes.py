"""What is told of keys: to operators, and to the audit record. Nothing of it is secret."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from authserver.audit.details import Detail
from authserver.signing import schedule
from authserver.signing.keys import KeyRecord
from authserver.signing.schedule import State

Result = Literal["rotated", "pending", "unchanged"]


@dataclass(frozen=True)
class RotationOutcome:
    """What a rotation did to a slot, and which key is its head now.

    *pending*: the key of the last rotation has not come into office yet. *unchanged*: somebody
    else rotated meanwhile.
    """

    purpose: str
    algorithm: str
    result: Result
    kid: str
    activated_at: datetime
    previous_kid: str | None = None


@dataclass(frozen=True)
class KeyDescription:
    """What an operator may see of a key."""

    kid: str
    purpose: str
    algorithm: str
    state: State
    created_at: datetime
    usable_from: datetime
    activated_at: datetime | None
    expires_at: datetime | None


def outcome_of(key: KeyRecord, result: Result, previous_kid: str | None = None) -> RotationOutcome:
    """What was done to the slot of a key, which is its head now."""
    at = key.activated_at or key.usable_from
    return RotationOutcome(key.purpose, key.algorithm, result, key.kid, at, previous_kid)


def describe(key: KeyRecord, keys: Sequence[KeyRecord], now: datetime) -> KeyDescription:
    """What may be seen of a key among all of them."""
    return KeyDescription(
        kid=key.kid,
        purpose=key.purpose,
        algorithm=key.algorithm,
        state=schedule.state(key, keys, now),
        created_at=key.created_at,
        usable_from=key.usable_from,
        activated_at=key.activated_at,
        expires_at=key.expires_at,
    )


def audited_rotation(outcome: RotationOutcome, next_kid: str | None) -> Detail:
    """A key came into office; ``next_kid`` was made to follow it."""
    return {
        "purpose": outcome.purpose,
        "algorithm": outcome.algorithm,
        "kid": outcome.kid,
        "previous_kid": outcome.previous_kid,
        "next_kid": next_kid,
        "activated_at": outcome.activated_at.isoformat(),
    }


def audited_key(key: KeyRecord) -> Detail:
    """A key was made that is published, and signs nothing yet."""
    return {
        "purpose": key.purpose,
        "algorithm": key.algorithm,
        "kid": key.kid,
        "usable_from": key.usable_from.isoformat(),
    }
