"""Queries on audit events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, select, tuple_, union_all

from authserver.audit.models import AuditEvent
from authserver.audit.search import Search
from authserver.ids import first_id_of, new_id
from authserver.storage.db import Transaction
from authserver.storage.statements import Statement, Statements

RECORD = Statement(
    "record_audit_event",
    """
    INSERT INTO audit_events (id, event, actor_kind, actor_id, user_id, client_id, address,
                              request_id, user_agent, detail)
    VALUES ($1::uuid, $2::text, $3::text, $4::text, $5::uuid, $6::text, $7::text, $8::text,
            $9::text, $10::jsonb)""",
    10,
)
# What is looked for is indexed in sealed rows; the others are few.
_HALVES = (AuditEvent.seal.is_(None), AuditEvent.seal.is_not(None))
# An id is made by a server's clock, the time of the event by the database's, at the beginning of a
# transaction: so much apart they never are.
_TOLERANCE = timedelta(days=1)
# A tolerance away from what an id can hold.
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC) + _TOLERANCE
_LATEST = datetime(9999, 12, 31, tzinfo=UTC) - _TOLERANCE


@dataclass(frozen=True)
class AuditRepository:
    """Adds and lists; an event is never changed, and only retention removes it (``chain``)."""

    hot: Statements

    def add(self, tx: Transaction, event: AuditEvent) -> None:
        tx.add(event)

    def add_alone(self, event: AuditEvent) -> None:
        """The same in a transaction of its own."""
        self.hot.all(
            RECORD,
            new_id(),
            event.event,
            event.actor_kind,
            event.actor_id,
            event.user_id,
            event.client_id,
            event.address,
            event.request_id,
            event.user_agent,
            orjson.dumps(event.detail).decode(),
        )

    def list(
        self, tx: Transaction, search: Search, *, before: UUID | None, limit: int
    ) -> Sequence[AuditEvent]:
        """The newest events first, older than ``before``."""
        conditions = _conditions(search)
        if before is not None:
            conditions.append(AuditEvent.id < before)
        return _first(tx, conditions, AuditEvent.id.desc(), limit)

    def export(
        self, tx: Transaction, search: Search, after: UUID | None, limit: int
    ) -> Sequence[AuditEvent]:
        """The oldest events first, younger than ``after``."""
        conditions = _conditions(search)
        if after is not None:
            conditions.append(AuditEvent.id > after)
        return _first(tx, conditions, AuditEvent.id.asc(), limit)

    def export_sealed(
        self, tx: Transaction, search: Search, after: tuple[int, UUID], limit: int
    ) -> Sequence[AuditEvent]:
        """Sealed events in the order of the chain, those after a seal and an event of it."""
        query = select(AuditEvent).where(
            *_conditions(search),
            AuditEvent.seal.is_not(None),
            tuple_(AuditEvent.seal, AuditEvent.id) > after,
        )
        return tx.scalars(query.order_by(AuditEvent.seal, AuditEvent.id).limit(limit)).all()


def _first(
    tx: Transaction,
    conditions: Sequence[ColumnElement[bool]],
    order: ColumnElement[UUID],
    limit: int,
) -> Sequence[AuditEvent]:
    """The first of each half, and of these the first: so each half uses its index."""
    ids = [
        select(AuditEvent.id).where(*conditions, half).order_by(order).limit(limit)
        for half in _HALVES
    ]
    query = select(AuditEvent).where(AuditEvent.id.in_(union_all(*ids)))
    return tx.scalars(query.order_by(order).limit(limit)).all()


def _conditions(search: Search) -> list[ColumnElement[bool]]:
    """The times first by ids, which are indexed and nearly as old, then exactly."""
    named = {
        AuditEvent.event: search.event,
        AuditEvent.user_id: search.user_id,
        AuditEvent.client_id: search.client_id,
        AuditEvent.actor_id: search.actor_id,
    }
    found = [column == value for column, value in named.items() if value is not None]
    if search.since is not None:
        earliest = first_id_of(max(search.since, _EARLIEST) - _TOLERANCE)
        found += [AuditEvent.id >= earliest, AuditEvent.occurred_at >= search.since]
    if search.until is not None:
        latest = first_id_of(min(max(search.until, _EARLIEST), _LATEST) + _TOLERANCE)
        found += [AuditEvent.id < latest, AuditEvent.occurred_at < search.until]
    return found
