"""When a key comes into office and when it leaves: pure rules over times.

A slot is a purpose and an algorithm; at any time one key of a slot signs. Its keys are, by age:
retired ones, the one that signs, and those that will.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple, Protocol, Self, TypeVar

from authserver.errors import Invalid
from authserver.settings import Settings

State = Literal["next", "active", "retired"]
TOKEN = "token"  # noqa: S105 - the name of a purpose
REFRESH = "refresh"
REFRESH_ALGORITHM = "HS256"

# For clocks that differ, and for processes that read the keys a moment later than others.
MARGIN = timedelta(seconds=60)
_NEVER = datetime.max.replace(tzinfo=UTC)


class Slot(NamedTuple):
    """What a key is for, and its algorithm."""

    purpose: str
    algorithm: str


class Scheduled(Protocol):
    """Anything that has the times of a key."""

    @property
    def kid(self) -> str: ...

    @property
    def slot(self) -> Slot: ...

    @property
    def usable_from(self) -> datetime: ...

    @property
    def activated_at(self) -> datetime | None: ...

    @property
    def expires_at(self) -> datetime | None: ...


K = TypeVar("K", bound=Scheduled)


def of_slot(keys: Iterable[K], slot: Slot) -> list[K]:
    """The keys of one slot."""
    return [key for key in keys if key.slot == slot]


def by_seniority(keys: Iterable[K]) -> list[K]:
    """Keys that were activated or will be at a known time, the latest first.

    Of two activated in one instant, the one that gave way first, and so expires first, is older.
    """
    known = [
        (key.activated_at, key.expires_at or _NEVER, key.kid, key)
        for key in keys
        if key.activated_at is not None
    ]
    return [entry[-1] for entry in sorted(known, key=lambda entry: entry[:3], reverse=True)]


def head(keys: Sequence[K]) -> K | None:
    """The youngest of one slot's keys that was activated, or will be at a known time."""
    return next(iter(by_seniority(keys)), None)


def successor(keys: Iterable[K]) -> K | None:
    """The one of a slot's keys that waits for the next rotation."""
    return next((key for key in keys if key.activated_at is None), None)


def active(seniors: Iterable[K], now: datetime) -> K | None:
    """The one of a slot's keys, the latest first, that signs at a time."""
    return next((key for key in seniors if has_begun(key, now)), None)


def has_begun(key: Scheduled, now: datetime) -> bool:
    """Whether a key has been activated by then."""
    return key.activated_at is not None and key.activated_at <= now


def is_alive(key: Scheduled, now: datetime) -> bool:
    """Whether what a key has signed may still be believed (OIDC Core, section 10.1.1)."""
    return key.expires_at is None or now < key.expires_at


def state(key: Scheduled, keys: Iterable[Scheduled], now: datetime) -> State:
    """The state of a key among all keys."""
    if not has_begun(key, now):
        return "next"
    signing = active(by_seniority(of_slot(keys, key.slot)), now)
    return "active" if signing is not None and signing.kid == key.kid else "retired"


@dataclass(frozen=True)
class Vacancy:
    """A key that ought to exist."""

    slot: Slot
    usable_from: datetime
    activated_at: datetime | None


@dataclass(frozen=True)
class KeyPolicy:
    """The operator's wishes as to keys."""

    algorithms: tuple[str, ...]
    rotation: timedelta
    retention: timedelta
    refresh_retention: timedelta
    publication: timedelta

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The policy that the settings make.

        A retired key stays until the last token signed by it has expired, and a key is published
        until no cached JWKS can be without it; whoever is late by ``MARGIN`` is not too late.
        """
        longest_life = max(settings.access_token_ttl, settings.id_token_ttl)
        shortest = longest_life + settings.jwks_max_age
        retention = max(settings.signing_key_retention, shortest)
        return cls(
            algorithms=tuple(dict.fromkeys(settings.signing_algorithms)),
            rotation=timedelta(seconds=settings.signing_key_rotation),
            retention=timedelta(seconds=retention) + MARGIN,
            refresh_retention=timedelta(seconds=settings.session_absolute_ttl) + MARGIN,
            publication=timedelta(seconds=settings.jwks_max_age) + MARGIN,
        )

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The slots that have keys: one for each algorithm, and the secret of refresh tokens."""
        tokens = (Slot(TOKEN, algorithm) for algorithm in self.algorithms)
        return (*tokens, Slot(REFRESH, REFRESH_ALGORITHM))

    def slots_of(self, algorithm: str | None) -> tuple[Slot, ...]:
        """The slot of an algorithm, or all. Raises Invalid for one that is not configured."""
        if algorithm is None:
            return self.slots
        chosen = tuple(slot for slot in self.slots if slot.algorithm == algorithm)
        if not chosen:
            known = ", ".join(slot.algorithm for slot in self.slots)
            raise Invalid(fields={"algorithm": [f"Expected one of {known}."]})
        return chosen

    def expiry(self, slot: Slot, succeeded_at: datetime) -> datetime:
        """When a key expires whose successor comes into office at ``succeeded_at``."""
        lifetime = self.refresh_retention if slot.purpose == REFRESH else self.retention
        return succeeded_at + lifetime

    def is_due(self, key: Scheduled, now: datetime) -> bool:
        """Whether a slot's head has signed for long enough."""
        if not self.rotation or key.activated_at is None:
            return False
        return key.activated_at + self.rotation <= now

    def vacancies(self, keys: Sequence[Scheduled], now: datetime) -> list[Vacancy]:
        """The keys that ought to exist and do not: for each slot one in office and one to follow.

        The first keys of a purpose may sign at once, as nobody can hold an older JWKS. The first
        key of an algorithm that is added later has to be published before: until then the
        algorithm is unavailable, and the others are unaffected.
        """
        found = []
        for slot in self.slots:
            is_first = all(key.slot.purpose != slot.purpose for key in keys)
            usable_from = now if is_first else now + self.publication
            present = of_slot(keys, slot)
            if head(present) is None:
                found.append(Vacancy(slot, usable_from, usable_from))
            if successor(present) is None:
                found.append(Vacancy(slot, usable_from, None))
        return found
