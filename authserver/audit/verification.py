"""Finding out whether the record is what was recorded, and naming what is not."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from authserver.audit import faults
from authserver.audit.faults import Fault
from authserver.audit.guards import missing_guards
from authserver.audit.seal_repository import BEFORE_ALL, SealRepository
from authserver.audit.seals import NOTHING, Head, Horizon, Seal, SealableEvent, SealMaker, by_seal
from authserver.audit.strange_seals import StrangeSeals
from authserver.storage.db import Transaction

# Whoever adds a million rows to a seal must not fill our memory with them.
_SURPLUS = 1000
_EVENTS_AT_ONCE = 5000
_SEALS_AT_ONCE = 500
MOST_COUNTED = 100_000
_AFTER_ALL = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check has seen; ``newest`` is worth keeping elsewhere.

    ``horizon`` says up to where the chain was removed, and when that was done last.
    """

    seals: int
    events: int
    newest: Head | None
    horizon: Horizon | None
    unsealed: int
    unsealed_since: datetime | None
    faults: int


@dataclass
class Verification:
    """One walk along the chain, from its oldest seal to its newest."""

    tx: Transaction
    seals: SealRepository
    maker: SealMaker
    report: Callable[[Fault], None]
    # What the first seal must follow on; what stood last, and whether it was as we made it.
    start: Head = NOTHING
    last: Head = NOTHING
    last_is_ours: bool = True
    horizon: Horizon | None = None
    first: int | None = None
    count: int = 0
    events: int = 0
    faults: int = 0
    strange: StrangeSeals = field(init=False)

    def __post_init__(self) -> None:
        self.strange = StrangeSeals(self.maker)

    def run(self, expected: Sequence[Head]) -> Verified:
        """Raises :class:`Unavailable`."""
        self._begin()
        while batch := self._next():
            self._check(batch)
        self._check_outside()
        for fault in self.strange.faults(self.count):
            self._tell(fault)
        for head in expected:
            self._compare(head)
        for fault in missing_guards(self.tx):
            self._tell(fault)
        unsealed, since = self.seals.count_unsealed(self.tx, MOST_COUNTED)
        newest = self.last if self.last.number else None
        return Verified(self.count, self.events, newest, self.horizon, unsealed, since, self.faults)

    def _begin(self) -> None:
        """The first seal is number 1, or follows on what retention has removed."""
        horizon = self.seals.horizon(self.tx)
        if horizon is not None:
            self.start = self.last = horizon.head
            self.last_is_ours = self.maker.made_horizon(horizon)
            if self.last_is_ours:
                self.horizon = horizon
            else:
                self._tell(faults.changed_horizon())

    def _next(self) -> Sequence[Seal]:
        """The next seals, of some thousand events together."""
        after = BEFORE_ALL if self.first is None else self.last.number
        total, end = 0, None
        for number, size, _ in self.seals.sizes(self.tx, after, _SEALS_AT_ONCE):
            total += size
            if end is not None and total > _EVENTS_AT_ONCE:
                break
            end = number
        return [] if end is None else self.seals.list(self.tx, after, end)

    def _check(self, batch: Sequence[Seal]) -> None:
        before = batch[0].number - 1 if self.first is None else self.last.number
        self.first = batch[0].number if self.first is None else self.first
        wanted = sum(seal.size for seal in batch) + _SURPLUS
        found = self.seals.events(self.tx, before, batch[-1].number, wanted + 1)
        too_many = len(found) > wanted
        if too_many:
            self._tell(faults.too_many_events(batch[0].number, batch[-1].number))
        groups = {} if too_many else by_seal(found)
        for seal in batch:
            is_ours = self._check_seal(seal)
            events = groups.pop(seal.number, ())
            if is_ours and not too_many:
                self._check_events(seal, events)
        self._tell_strays(event for events in groups.values() for event in events)

    def _check_seal(self, seal: Seal) -> bool:
        """Whether it is one of ours at its place."""
        is_ours = self.maker.made(seal)
        if not is_ours:
            self.strange.add(seal)
        if seal.number > self.last.number + 1:
            self._tell(faults.missing_seals(self.last.number + 1, seal.number - 1))
            self.strange.add_missing(range(self.last.number + 1, seal.number))
        elif is_ours and self.last_is_ours and not seal.follows(self.last):
            self._tell(faults.broken_chain(seal.number))
        self.last, self.last_is_ours = seal.head, is_ours
        self.count += 1
        self.events += seal.size
        return is_ours

    def _check_events(self, seal: Seal, events: Iterable[SealableEvent]) -> None:
        found = {event.id: event for event in events}
        missing = []
        for event_id, digest in seal.sealed_events():
            event = found.pop(event_id, None)
            if event is None:
                missing.append(event_id)
            elif event.digest != digest:
                self._tell(faults.changed_event(event_id, seal.number))
        elsewhere = self.seals.seals_of(self.tx, missing) if missing else {}
        for event_id in missing:
            if event_id in elsewhere:
                self._tell(faults.moved_event(event_id, seal.number, elsewhere[event_id]))
            else:
                self._tell(faults.missing_event(event_id, seal.number))
        for event_id in found:
            self._tell(faults.inserted_event(event_id, seal.number))

    def _check_outside(self) -> None:
        """Events that say that they belong before the first seal, or after the last one."""
        if self.first is None:
            self._tell_strays(self.seals.events(self.tx, BEFORE_ALL, _AFTER_ALL, _SURPLUS))
            return
        self._tell_strays(self.seals.events(self.tx, BEFORE_ALL, self.first - 1, _SURPLUS))
        self._tell_strays(self.seals.events(self.tx, self.last.number, _AFTER_ALL, _SURPLUS))

    def _tell_strays(self, events: Iterable[SealableEvent]) -> None:
        for event in events:
            self._tell(faults.stray_event(event.id, event.seal or 0))

    def _compare(self, expected: Head) -> None:
        """Whether a seal that somebody has noted is still the one that it was."""
        if expected.number > self.last.number:
            self._tell(faults.cut_off(expected.number, self.last.number))
        elif expected.number < self.start.number:
            self._tell(faults.out_of_reach(expected.number, self.start.number))
        elif self._digest_of(expected.number) not in (None, expected.digest):
            self._tell(faults.not_as_expected(expected))

    def _digest_of(self, number: int) -> bytes | None:
        """None of one that is missing, which has been told."""
        if number == self.start.number:
            return self.start.digest
        seal = self.seals.find(self.tx, number)
        return seal.digest if seal else None

    def _tell(self, fault: Fault) -> None:
        self.faults += 1
        self.report(fault)
