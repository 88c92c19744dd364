"""Audit events are kept for a time, and no longer."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from authserver.actor import SYSTEM
from authserver.audit.events import Event
from authserver.audit.repository import AuditRepository
from authserver.audit.service import AuditService
from authserver.clock import SystemClock
from authserver.ids import first_id_of, new_id
from authserver.maintenance import maintain


@pytest.fixture
def audit(database) -> AuditService:
    return AuditService(database, AuditRepository(database.statements))


@pytest.fixture
def record(database):
    """Records an event as of some days ago; its id, which is its age."""

    def record(days: float) -> UUID:
        moment = SystemClock().now() - timedelta(days=days)
        made = UUID(int=first_id_of(moment).int | new_id().int & (1 << 62) - 1)
        statement = "INSERT INTO audit_events (id, event, actor_kind) VALUES (:id, 'x.y', 'system')"
        with database.transaction() as tx:
            tx.execute(text(statement), {"id": made})
        return made

    return record


def kept(audit: AuditService) -> set[UUID]:
    return {event.id for event in audit.list(before=None, limit=100)}


def test_only_events_of_before_are_forgotten(audit, record):
    record(31)
    young = record(29)

    count = audit.forget_before(SystemClock().now() - timedelta(days=30))

    assert count == 1
    assert kept(audit) == {young}


def test_many_old_events_are_forgotten_batch_by_batch(audit, record):
    for _ in range(7):
        record(40)

    count = audit.forget_before(SystemClock().now() - timedelta(days=30), batch=3)

    assert count == 7
    assert kept(audit) == set()


def test_an_event_that_another_process_is_forgetting_is_left_to_it(audit, record, database):
    """Two processes that tidy up at once do not wait for one another."""
    held, free = record(40), record(40)
    with database.transaction() as other:
        other.execute(text("SELECT FROM audit_events WHERE id = :id FOR UPDATE"), {"id": held})

        count = audit.forget_before(SystemClock().now() - timedelta(days=30))

    assert count == 1
    assert kept(audit) == {held}
    assert free not in kept(audit)


def test_an_event_of_this_moment_is_young(audit):
    before = SystemClock().now()
    audit.record_alone(Event.ROLE_CREATED, SYSTEM)

    assert audit.forget_before(before) == 0


def test_a_round_of_maintenance_forgets_what_is_older_than_the_setting(services, make_app):
    _, short = make_app(audit_retention=86_400)
    for audit_days in (2, 0):
        moment = SystemClock().now() - timedelta(days=audit_days)
        with services.get(AuditService).database.transaction() as tx:
            tx.execute(
                text("INSERT INTO audit_events (id, event, actor_kind) VALUES (:id, 'x.y', 'x')"),
                {"id": first_id_of(moment)},
            )

    done = maintain(short)

    assert done.removed_audit_events == 1
