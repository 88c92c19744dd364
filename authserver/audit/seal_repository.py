"""Queries on seals, and on events as seals see them. Each is quick by itself, however many rows."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Float,
    Select,
    Text,
    any_,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import Uuid

from authserver.audit.models import AuditEvent, AuditHorizon, AuditSeal
from authserver.audit.seals import ENTRY, NOTHING, Head, Horizon, Seal, SealableEvent
from authserver.storage.db import Transaction

BEFORE_ALL = -(2**63)
# Any number will do that no other lock of ours has.
_LOCK = int.from_bytes(b"audit", "big")
# Rows that one statement removes: PostgreSQL ends those that take longer than two seconds.
_ROWS_AT_ONCE = 5000


def _readable(moment: Any) -> Any:
    """A moment that Python can read: one of the year 10000 must not keep us from checking it."""
    return func.greatest(func.least(moment, "9999-12-31"), "0001-01-02")


_EVENT: Select[*tuple[Any, ...]] = select(
    AuditEvent.id,
    _readable(AuditEvent.occurred_at),
    AuditEvent.event,
    AuditEvent.actor_kind,
    AuditEvent.actor_id,
    AuditEvent.user_id,
    AuditEvent.client_id,
    AuditEvent.address,
    AuditEvent.request_id,
    AuditEvent.user_agent,
    cast(AuditEvent.detail, Text),
    AuditEvent.seal,
)
_SEAL: Select[*tuple[Any, ...]] = select(
    AuditSeal.number,
    AuditSeal.previous,
    AuditSeal.digest,
    AuditSeal.entries,
    _readable(AuditSeal.newest_at),
    _readable(AuditSeal.sealed_at),
)
_HORIZON: Select[*tuple[Any, ...]] = select(
    AuditHorizon.last_seal,
    AuditHorizon.digest,
    _readable(AuditHorizon.removed_at),
    AuditHorizon.mac,
)


@dataclass(frozen=True)
class SealRepository:
    """The chain in PostgreSQL. Whoever adds to it or removes of it holds the lock."""

    def lock(self, tx: Transaction, *, wait: bool) -> bool:
        """Keep others from the chain until the end of the transaction; False if one is at it."""
        kind = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
        answer = tx.scalar(text(f"SELECT {kind}(:lock)"), {"lock": _LOCK})
        return wait or bool(answer)

    def freeze(self, tx: Transaction) -> None:
        """Let the whole transaction, which begins by this, see one moment, and change nothing."""
        tx.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        tx.execute(text("SET TRANSACTION READ ONLY"))

    def now(self, tx: Transaction) -> datetime:
        moment: datetime = tx.scalars(select(func.now())).one()
        return moment

    def head(self, tx: Transaction) -> Head:
        """The newest seal; if retention has left none, the last one that it removed."""
        query = select(AuditSeal.number, AuditSeal.digest).order_by(AuditSeal.number.desc())
        row = tx.execute(query.limit(1)).first()
        if row is not None:
            return Head(row[0], bytes(row[1]))
        horizon = self.horizon(tx)
        return horizon.head if horizon else NOTHING

    def unsealed(self, tx: Transaction, limit: int) -> Sequence[SealableEvent]:
        """Events without a seal, in the order of their ids."""
        query = _EVENT.where(AuditEvent.seal.is_(None)).order_by(AuditEvent.id).limit(limit)
        return _events(tx.execute(query))

    def unsealed_seconds(self, tx: Transaction) -> float:
        """For how long the first event without a seal has waited; 0 if there is none."""
        waited = func.extract("epoch", func.now() - AuditEvent.occurred_at)
        query = select(func.greatest(cast(waited, Float), 0.0)).where(AuditEvent.seal.is_(None))
        return tx.scalar(query.order_by(AuditEvent.id).limit(1)) or 0.0

    def count_unsealed(self, tx: Transaction, limit: int) -> tuple[int, datetime | None]:
        """How many there are, counted as far as ``limit``; and since when the oldest one waits."""
        few = (
            select(_readable(AuditEvent.occurred_at).label("at"))
            .where(AuditEvent.seal.is_(None))
            .order_by(AuditEvent.id)
            .limit(limit)
            .subquery()
        )
        row = tx.execute(select(func.count(), func.min(few.c.at)).select_from(few)).one()
        return row[0], row[1]

    def add(self, tx: Transaction, seal: Seal) -> int:
        """Add a seal and mark its events; how many there were to mark."""
        tx.execute(
            insert(AuditSeal).values(
                number=seal.number,
                previous=seal.previous,
                digest=seal.digest,
                entries=seal.entries,
                newest_at=seal.newest_at,
                sealed_at=seal.sealed_at,
            )
        )
        ids = [event_id for event_id, _ in seal.sealed_events()]
        marked = tx.execute(
            update(AuditEvent)
            .where(_is_one_of(ids), AuditEvent.seal.is_(None))
            .values(seal=seal.number)
            .returning(literal(1))
            .execution_options(synchronize_session=False)
        )
        return len(marked.all())

    def sizes(self, tx: Transaction, after: int, limit: int) -> Sequence[tuple[int, int, datetime]]:
        """Number, count of events and age of seals, the oldest first."""
        size = func.length(AuditSeal.entries) // ENTRY
        query = select(AuditSeal.number, size, _readable(AuditSeal.newest_at))
        query = query.where(AuditSeal.number > after).order_by(AuditSeal.number).limit(limit)
        return [(row[0], row[1], row[2]) for row in tx.execute(query)]

    def list(self, tx: Transaction, after: int, last: int) -> Sequence[Seal]:
        """The seals after a number, up to the last one."""
        query = _SEAL.where(AuditSeal.number > after, AuditSeal.number <= last)
        return [_seal(row) for row in tx.execute(query.order_by(AuditSeal.number))]

    def find(self, tx: Transaction, number: int) -> Seal | None:
        row = tx.execute(_SEAL.where(AuditSeal.number == number)).first()
        return _seal(row) if row is not None else None

    def events(self, tx: Transaction, after: int, last: int, limit: int) -> Sequence[SealableEvent]:
        """The events that say that they belong to the seals after a number up to the last one."""
        query = _EVENT.where(AuditEvent.seal > after, AuditEvent.seal <= last)
        return _events(tx.execute(query.order_by(AuditEvent.seal, AuditEvent.id).limit(limit)))

    def seals_of(self, tx: Transaction, ids: Collection[UUID]) -> dict[UUID, int | None]:
        """What events say of themselves, wherever they are; those that are gone are left out."""
        query = select(AuditEvent.id, AuditEvent.seal).where(_is_one_of(ids))
        return {row[0]: row[1] for row in tx.execute(query)}

    def remove_until(self, tx: Transaction, last: int) -> int:
        """Delete the seals up to the last one with their events; how many events."""
        tx.execute(text("SELECT set_config('authserver.audit_retention', 'on', true)"))
        events = select(AuditEvent.id).where(AuditEvent.seal <= last)
        seals = select(AuditSeal.number).where(AuditSeal.number <= last)
        # In the order of an index: or else the last look for more would be one at the whole table.
        count = _remove(tx, AuditEvent.id, events.order_by(AuditEvent.seal, AuditEvent.id))
        _remove(tx, AuditSeal.number, seals.order_by(AuditSeal.number))
        return count

    def horizon(self, tx: Transaction) -> Horizon | None:
        row = tx.execute(_HORIZON.order_by(AuditHorizon.last_seal.desc()).limit(1)).first()
        if row is None:
            return None
        last_seal, digest, removed_at, mac = row
        return Horizon(Head(last_seal, bytes(digest)), removed_at, bytes(mac))

    def put_horizon(self, tx: Transaction, horizon: Horizon) -> None:
        """Let it take the place of the one before."""
        tx.execute(delete(AuditHorizon).execution_options(synchronize_session=False))
        tx.execute(
            insert(AuditHorizon).values(
                last_seal=horizon.head.number,
                digest=horizon.head.digest,
                removed_at=horizon.removed_at,
                mac=horizon.mac,
            )
        )


def _remove(tx: Transaction, key: InstrumentedAttribute[Any], which: Select[Any]) -> int:
    """Delete the rows with these keys, some at a time; how many there were."""
    some = func.array(which.limit(_ROWS_AT_ONCE).scalar_subquery())
    statement = delete(key.class_).where(key == any_(some)).returning(literal(1))
    options = {"synchronize_session": False}
    count = 0
    while True:
        removed = len(tx.execute(statement, execution_options=options).all())
        count += removed
        if removed < _ROWS_AT_ONCE:
            return count


def _is_one_of(ids: Iterable[UUID]) -> Any:
    # As an array: a statement of one form, however many ids there are.
    return AuditEvent.id == any_(literal(list(ids), ARRAY(Uuid())))


def _events(rows: Iterable[Sequence[Any]]) -> Sequence[SealableEvent]:
    return [SealableEvent(*row) for row in rows]


def _seal(row: Sequence[Any]) -> Seal:
    """psycopg2 gives views of its buffer."""
    number, previous, digest, entries, newest_at, sealed_at = row
    return Seal(number, bytes(previous), bytes(digest), bytes(entries), newest_at, sealed_at)
