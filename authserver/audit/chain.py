"""The chain over the record: sealing what was recorded, checking it, and removing what is old.

Recording knows nothing of it: events are sealed a moment later, a batch at a time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

import structlog

from authserver.actor import Actor
from authserver.audit.events import Event
from authserver.audit.faults import Fault
from authserver.audit.seal_repository import BEFORE_ALL, SealRepository
from authserver.audit.seals import NOTHING, Head, Seal, SealableEvent, SealMaker, by_seal
from authserver.audit.service import AuditService
from authserver.audit.verification import Verification, Verified
from authserver.observability.metrics import AUDIT_RETENTION_REFUSALS
from authserver.storage.db import Database, Transaction

# Events of one seal. It must be short enough for one transaction beside requests.
BATCH = 500
# Seals of one round: what an upgrade finds unsealed shall not keep a server busy for long.
ROUND = 100
# Retention removes whole seals: what is in one must not be of very different age.
_SPAN = timedelta(days=1)
_SEALS_AT_ONCE = 1000
log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class AuditChain:
    """The seals over the record: without our key nobody changes what is sealed unnoticed."""

    database: Database
    audit: AuditService
    seals: SealRepository
    maker: SealMaker

    def seal(self, batches: int | None = ROUND, batch: int = BATCH) -> int:
        """Seal what has been recorded and committed; how many events.

        Of several that seal at once, one does. Without ``batches`` it waits for the others, and
        goes on until nothing is left. Raises :class:`Unavailable`.
        """
        sealed = done = 0
        while batches is None or done < batches:
            count = self._seal_batch(batch, wait=batches is None)
            if not count:
                break
            sealed, done = sealed + count, done + 1
        return sealed

    def verify(self, expected: Sequence[Head], tell: Callable[[Fault], None]) -> Verified:
        """Check the whole chain, and ``tell`` each fault; ``expected`` are seals that were noted.

        All of it is of one moment, and few rows are in memory at a time. Raises
        :class:`Unavailable`.
        """
        with self.database.transaction() as tx:
            self.seals.freeze(tx)
            return Verification(tx, self.seals, self.maker, tell).run(expected)

    def forget_before(self, moment: datetime, batch: int = 5000) -> int:
        """Remove the oldest seals whose events all happened before ``moment``; how many events.

        Each batch is a transaction; of several that remove at once, one does. What is not sealed
        yet stays, and so does what is not as it was sealed: to remove that is to hide it. Raises
        :class:`Unavailable`.
        """
        removed = 0
        while True:
            with self.database.transaction() as tx:
                found = self._last_before(tx, moment, batch)
                if found is None:
                    return removed
                last, events = found
                if self._remove_until(tx, last) != events:
                    raise RuntimeError("an audit event came to what was about to be removed")
                removed += events

    def now(self) -> datetime:
        """The time of PostgreSQL, which is that of the events. Raises :class:`Unavailable`."""
        with self.database.transaction() as tx:
            return self.seals.now(tx)

    def unsealed_seconds(self) -> float:
        """For how long events have waited for their seal. Raises :class:`Unavailable`."""
        with self.database.transaction() as tx:
            return self.seals.unsealed_seconds(tx)

    def cut(self, number: int, actor: Actor) -> int | None:
        """Give up the chain up to a seal, whole or not, with its events; how many those were.

        This is for who has looked into what happened to it. What is left is as whole as it was. An
        answer of None means that there is neither such a seal nor one after it.
        """
        with self.database.transaction() as tx:
            self.seals.lock(tx, wait=True)
            head = self._head_at(tx, number)
            if head is None:
                return None
            removed = self._remove_until(tx, head)
            detail = {"last_seal": number, "events": removed}
            self.audit.record(tx, Event.AUDIT_RECORD_CUT, actor, detail=detail)
        return removed

    def _seal_batch(self, batch: int, *, wait: bool) -> int:
        with self.database.transaction() as tx:
            if not self.seals.lock(tx, wait=wait):
                return 0
            events = _of_one_time(self.seals.unsealed(tx, batch))
            if not events:
                return 0
            seal = self.maker.seal(self.seals.head(tx), events, self.seals.now(tx))
            if self.seals.add(tx, seal) != len(events):
                raise RuntimeError("an audit event was removed while it was sealed")
        # Wherever logs are kept, the chain cannot be cut off unnoticed.
        log.info("audit.sealed", seal=str(seal.head), events=len(events))
        return len(events)

    def _last_before(
        self, tx: Transaction, moment: datetime, batch: int
    ) -> tuple[Head, int] | None:
        """The last seal that may go in one batch, and how many events go with it.

        The chain is ours until the end of the transaction.
        """
        if not self.seals.lock(tx, wait=False):
            return None
        found = self.seals.sizes(tx, BEFORE_ALL, _SEALS_AT_ONCE)
        last, events = None, 0
        old = takewhile(lambda each: each[2] < moment, _as_old(found, self.seals.now(tx)))
        for number, size, _ in old:
            events += size
            if last is not None and events > batch:
                break
            last = number
        return None if last is None else self._whole_until(tx, last)

    def _whole_until(self, tx: Transaction, last: int) -> tuple[Head, int] | None:
        """That seal and the number of events until then, if all of it is as we made it.

        Whoever changed them, or cut off the beginning, must not have us sign for it.
        """
        horizon = self.seals.horizon(tx)
        before = horizon.head if horizon else NOTHING
        if horizon is not None and not self.maker.made_horizon(horizon):
            _tell_refused(before.number)
            return None
        seals = self.seals.list(tx, BEFORE_ALL, last)
        events = self._events_of(tx, seals)
        for seal in seals:
            is_ours = self.maker.made(seal) and seal.follows(before)
            if not (is_ours and seal.holds(events.pop(seal.number, ()))):
                _tell_refused(seal.number)
                return None
            before = seal.head
        if events:
            # Of seals that do not exist.
            _tell_refused(min(events))
            return None
        return before, sum(seal.size for seal in seals)

    def _events_of(self, tx: Transaction, seals: Sequence[Seal]) -> dict[int, list[SealableEvent]]:
        """What says that it belongs to them or to what was before them, not more than they hold.

        One more than that is enough to be noticed.
        """
        size = sum(seal.size for seal in seals)
        return by_seal(self.seals.events(tx, BEFORE_ALL, seals[-1].number, size + 1))

    def _head_at(self, tx: Transaction, number: int) -> Head | None:
        """A seal, as the one after it tells of it: it may itself be what was changed."""
        following = self.seals.find(tx, number + 1)
        if following is not None:
            return Head(number, following.previous)
        last = self.seals.find(tx, number)
        return last.head if last else None

    def _remove_until(self, tx: Transaction, last: Head) -> int:
        removed = self.seals.remove_until(tx, last.number)
        self.seals.put_horizon(tx, self.maker.horizon(last, self.seals.now(tx)))
        return removed


def _of_one_time(events: Sequence[SealableEvent]) -> list[SealableEvent]:
    """Those before the first that is much younger or older than the very first."""
    return list(
        takewhile(lambda each: abs(each.occurred_at - events[0].occurred_at) <= _SPAN, events)
    )


def _as_old(
    found: Sequence[tuple[int, int, datetime]], now: datetime
) -> list[tuple[int, int, datetime]]:
    """Seals with their ages; what says that it is of the future is as old as what follows it.

    Or else an event of a moment at which the clock was wrong would keep all after it for ever.
    """
    seals, following = [], None
    for number, size, newest_at in reversed(found):
        following = newest_at if following is None or newest_at <= now else following
        seals.append((number, size, following))
    return seals[::-1]


def _tell_refused(seal: int) -> None:
    """Say that what is old is kept, and what to ask."""
    AUDIT_RETENTION_REFUSALS.of().add()
    log.error("audit.retention_refused", seal=seal, hint="Run `authserver audit verify`.")
