"""What a seal says about events, as bytes that only this installation can make.

Each event is hashed by itself, so that one that was changed can be named. A seal is an HMAC over
its place in the chain, the seal before it, and the hashes: who has the database alone cannot make
one (``docs/adr/0023-audit-chain.md``).
"""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from uuid import UUID

import orjson

# The bytes of an event in a seal: its id and its digest.
_ID = 16
ENTRY = _ID + 32


@dataclass(frozen=True, slots=True)
class SealableEvent:
    """An event as it is hashed; ``detail`` is the text that PostgreSQL makes of its JSON."""

    id: UUID
    occurred_at: datetime
    event: str
    actor_kind: str
    actor_id: str | None
    user_id: UUID | None
    client_id: str | None
    address: str | None
    request_id: str | None
    user_agent: str | None
    detail: str
    seal: int | None = None

    @property
    def digest(self) -> bytes:
        """SHA-256 of the members as a JSON array, in the order in which they stand here."""
        members = [
            *(self.id, instant(self.occurred_at), self.event, self.actor_kind, self.actor_id),
            *(self.user_id, self.client_id, self.address, self.request_id, self.user_agent),
            self.detail,
        ]
        return hashlib.sha256(orjson.dumps(members)).digest()


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: the number and the digest of its newest seal."""

    number: int
    digest: bytes

    def __str__(self) -> str:
        return f"{self.number}:{self.digest.hex()}"


# What stands before the first seal.
NOTHING = Head(0, bytes(32))


@dataclass(frozen=True, slots=True)
class Seal:
    """A link of the chain."""

    number: int
    previous: bytes
    digest: bytes
    entries: bytes
    newest_at: datetime
    sealed_at: datetime

    @property
    def head(self) -> Head:
        return Head(self.number, self.digest)

    def follows(self, head: Head) -> bool:
        """Whether it stands right behind a seal."""
        return (self.number, self.previous) == (head.number + 1, head.digest)

    @property
    def size(self) -> int:
        """How many events it is about."""
        return len(self.entries) // ENTRY

    def holds(self, events: Iterable[SealableEvent]) -> bool:
        """Whether these are its events, all of them, as they were."""
        return dict(self.sealed_events()) == {event.id: event.digest for event in events}

    def sealed_events(self) -> Iterator[tuple[UUID, bytes]]:
        """Id and digest of each event."""
        for start in range(0, len(self.entries) - ENTRY + 1, ENTRY):
            entry = self.entries[start : start + ENTRY]
            yield UUID(bytes=entry[:_ID]), entry[_ID:]


@dataclass(frozen=True, slots=True)
class Horizon:
    """Up to which seal retention has removed the chain."""

    head: Head
    removed_at: datetime
    mac: bytes


@dataclass(frozen=True)
class SealMaker:
    """Makes seals, and tells whether others were made by it, by a key of the installation."""

    key: Callable[[], bytes]

    def seal(self, before: Head, events: Sequence[SealableEvent], now: datetime) -> Seal:
        """The seal that follows ``before``."""
        number, entries = before.number + 1, _entries(events)
        newest_at = max(event.occurred_at for event in events)
        digest = self._digest(number, before.digest, entries, newest_at, now)
        return Seal(number, before.digest, digest, entries, newest_at, now)

    def made(self, seal: Seal, number: int | None = None) -> bool:
        """Whether the seal is one of ours, at its place or at another one."""
        place = seal.number if number is None else number
        expected = self._digest(place, seal.previous, seal.entries, seal.newest_at, seal.sealed_at)
        return hmac.compare_digest(expected, seal.digest)

    def horizon(self, head: Head, now: datetime) -> Horizon:
        """The word that everything up to a seal was removed by retention."""
        return Horizon(head, now, self._horizon_mac(head, now))

    def made_horizon(self, horizon: Horizon) -> bool:
        """Whether the horizon is one of ours."""
        expected = self._horizon_mac(horizon.head, horizon.removed_at)
        return hmac.compare_digest(expected, horizon.mac)

    def _digest(
        self, number: int, previous: bytes, entries: bytes, newest_at: datetime, now: datetime
    ) -> bytes:
        head = ["authserver audit seal 1", number, previous.hex(), instant(newest_at), instant(now)]
        return hmac.digest(self.key(), orjson.dumps(head) + b"\n" + entries, "sha256")

    def _horizon_mac(self, head: Head, now: datetime) -> bytes:
        members = ["authserver audit horizon 1", str(head), instant(now)]
        return hmac.digest(self.key(), orjson.dumps(members), "sha256")


def instant(moment: datetime) -> str:
    """A moment in UTC to the microsecond, as the REST API writes it."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def by_seal(events: Iterable[SealableEvent]) -> dict[int, list[SealableEvent]]:
    """Sealed events that come in the order of their seals, by the seals' numbers."""
    groups = groupby(events, key=lambda event: event.seal or 0)
    return {number: list(group) for number, group in groups}


def _entries(events: Iterable[SealableEvent]) -> bytes:
    return b"".join(event.id.bytes + event.digest for event in events)
