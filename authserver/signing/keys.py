"""Keys as a process holds them: values that never change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from math import ceil
from typing import Any

from authserver.errors import Unavailable
from authserver.signing import schedule
from authserver.signing.schedule import TOKEN, Slot, State
from authserver.signing.signatures import PrivateKey as PrivateKey
from authserver.signing.signatures import Sign, Verify, signer, verifier


class SigningKeysError(Exception):
    """The server cannot start with these keys; says what to mend, and nothing secret."""


@dataclass(frozen=True)
class KeyRecord:
    """A key as it is stored, its private part sealed."""

    kid: str
    purpose: str
    algorithm: str
    sealed: bytes = field(repr=False)
    public_jwk: dict[str, Any] | None
    created_at: datetime
    usable_from: datetime
    activated_at: datetime | None
    expires_at: datetime | None

    @property
    def slot(self) -> Slot:
        return Slot(self.purpose, self.algorithm)


@dataclass(frozen=True)
class LoadedKey:
    """A key that can sign and verify. ``private`` is a JWK with its kid, use and alg.

    Keys are compared without the private part: their kid is the digest of the public one.
    """

    kid: str
    purpose: str
    algorithm: str
    private: PrivateKey = field(repr=False, compare=False)
    public_jwk: Mapping[str, Any] | None
    usable_from: datetime
    activated_at: datetime | None
    expires_at: datetime | None

    @property
    def slot(self) -> Slot:
        return Slot(self.purpose, self.algorithm)

    @cached_property
    def sign(self) -> Sign:
        """The signature of a message by the key's algorithm."""
        return signer(self.private, self.algorithm)

    @cached_property
    def verify(self) -> Verify:
        """Whether a message has this signature by the key's algorithm."""
        return verifier(self.private, self.algorithm)


@dataclass(frozen=True)
class KeyRing:
    """All keys at one reading. Which of them signs follows from the time that one asks for."""

    keys: tuple[LoadedKey, ...]

    @cached_property
    def _by_kid(self) -> dict[str, LoadedKey]:
        return {key.kid: key for key in self.keys}

    @cached_property
    def _by_slot(self) -> dict[Slot, list[LoadedKey]]:
        slots = {key.slot for key in self.keys}
        return {slot: schedule.by_seniority(schedule.of_slot(self.keys, slot)) for slot in slots}

    def find(self, kid: str) -> LoadedKey | None:
        """The key of this id, whatever its state."""
        return self._by_kid.get(kid)

    def head(self, slot: Slot) -> LoadedKey | None:
        """The youngest key of a slot that was activated, or will be at a known time."""
        return next(iter(self._by_slot.get(slot, ())), None)

    def active(self, purpose: str, algorithm: str, now: datetime) -> LoadedKey:
        """The key that signs at a time.

        Raises :class:`Unavailable` while an algorithm has no key, or its first key is published
        and may not sign yet.
        """
        seniors = self._by_slot.get(Slot(purpose, algorithm), [])
        key = schedule.active(seniors, now)
        if key is None or not schedule.is_alive(key, now):
            raise _not_yet(algorithm, seniors, now)
        return key

    def best_active(self, purpose: str, preferred: Iterable[str], now: datetime) -> LoadedKey:
        """The key that signs by the first of the preferred algorithms that has one, or by any.

        Raises :class:`Unavailable` while there is none at all.
        """
        for algorithm in (*preferred, *self._known(purpose)):
            key = schedule.active(self._by_slot.get(Slot(purpose, algorithm), []), now)
            if key is not None and schedule.is_alive(key, now):
                return key
        raise Unavailable(detail=f"No key of {', '.join(self._known(purpose))} may sign")

    def age(self, slot: Slot, now: datetime) -> float | None:
        """For how many seconds the key that signs has done so; None where no key signs."""
        key = schedule.active(self._by_slot.get(slot, []), now)
        if key is None or key.activated_at is None or not schedule.is_alive(key, now):
            return None
        return (now - key.activated_at).total_seconds()

    def _known(self, purpose: str) -> list[str]:
        return sorted(slot.algorithm for slot in self._by_slot if slot.purpose == purpose)

    def published(self, now: datetime) -> list[LoadedKey]:
        """The keys by which a token may be verified: those that sign first, then next, retired."""
        rank = {"active": 0, "next": 1, "retired": 2}
        keys = [key for key in self.keys if key.purpose == TOKEN and schedule.is_alive(key, now)]
        return sorted(keys, key=lambda key: (rank[self.state(key, now)], key.algorithm, key.kid))

    def state(self, key: LoadedKey, now: datetime) -> State:
        """The state of a key of this ring at a time."""
        return schedule.state(key, self.keys, now)

    def changes_at(self, now: datetime) -> datetime | None:
        """The next moment at which a key changes its state by itself."""
        moments = [at for key in self.keys for at in (key.activated_at, key.expires_at)]
        return min((at for at in moments if at is not None and at > now), default=None)


def _not_yet(algorithm: str, seniors: list[LoadedKey], now: datetime) -> Unavailable:
    awaited = [at for key in seniors if (at := key.activated_at) is not None and at > now]
    if not awaited:
        return Unavailable(
            detail=f"There is no key for {algorithm}: is it in AUTHSERVER_SIGNING_ALGORITHMS?"
        )
    seconds = (min(awaited) - now).total_seconds()
    return Unavailable(
        retry_after=max(1, ceil(seconds)),
        detail=f"The first key for {algorithm} is published and may not sign before {min(awaited)}",
    )
