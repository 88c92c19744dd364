"""The chain on an empty database, and what somebody with a superuser's SQL may do to it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from authserver.actor import Actor
from authserver.audit.chain import AuditChain
from authserver.audit.events import Event
from authserver.audit.faults import Fault
from authserver.audit.repository import AuditRepository
from authserver.audit.seal_repository import SealRepository
from authserver.audit.seals import Head, SealMaker
from authserver.audit.service import AuditService
from authserver.audit.verification import Verified
from authserver.clock import SystemClock
from authserver.ids import first_id_of, new_id
from authserver.storage.db import Database

ACTOR = Actor("user", "ada", "192.0.2.1", "r-1", "A browser")
INSERT = """INSERT INTO audit_events (id, occurred_at, event, actor_kind)
            VALUES (:id, :at, 'x.y', 'system')"""


def insert(database: Database, days: float) -> None:
    """An event as of some days ago."""
    moment = SystemClock().now() - timedelta(days=days)
    made = first_id_of(moment).int | new_id().int & (1 << 62) - 1
    with database.transaction() as tx:
        tx.execute(text(INSERT), {"id": f"{made:032x}", "at": moment})


def kept(sql) -> list[int]:
    return [row[0] for row in sql("SELECT seal FROM audit_events ORDER BY seal NULLS LAST, id")]


@pytest.fixture
def audit(database) -> AuditService:
    return AuditService(database, AuditRepository(database.statements))


@pytest.fixture
def chain(database, audit) -> AuditChain:
    return AuditChain(
        database, audit, SealRepository(), SealMaker(lambda: b"a key of the installation")
    )


@pytest.fixture
def record(audit) -> Callable[[int], None]:
    """Records so many events."""

    def record(count: int) -> None:
        for number in range(count):
            audit.record_alone(Event.ROLE_CREATED, ACTOR, detail={"number": number})

    return record


@pytest.fixture
def sql(database) -> Callable[..., list[Any]]:
    """As the application's own user would do it, committed at once."""

    def sql(statement: str, **values: Any) -> list[Any]:
        with database.engine.begin() as connection:
            result = connection.execute(text(statement), values)
            return list(result) if result.returns_rows else []

    return sql


@pytest.fixture
def tamper(database) -> Callable[..., list[Any]]:
    """As a superuser would who knows about the triggers; the rows that were returned."""

    def tamper(statement: str, **values: Any) -> list[Any]:
        with database.engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            result = connection.execute(text(statement), values)
            return list(result) if result.returns_rows else []

    return tamper


@pytest.fixture
def sealed(record, chain) -> Callable[[int], None]:
    """Records events, and seals them one by one: as many seals as events."""

    def sealed(count: int) -> None:
        for _ in range(count):
            record(1)
            chain.seal()

    return sealed


@pytest.fixture
def check(chain) -> Callable[..., tuple[list[Fault], Verified]]:
    """Everything that a check finds, and what it has seen."""

    def check(*expected: Head) -> tuple[list[Fault], Verified]:
        found: list[Fault] = []
        return found, chain.verify(expected, found.append)

    return check


@pytest.fixture
def faults(check) -> Callable[..., list[tuple[str, int | None]]]:
    """The codes and seals of what a check finds."""
    return lambda *expected: [(each.code, each.seal) for each in check(*expected)[0]]


@pytest.fixture
def event_of(sql) -> Callable[[int], UUID]:
    """The first event of a seal."""
    query = "SELECT id FROM audit_events WHERE seal = :seal ORDER BY id LIMIT 1"
    return lambda seal: sql(query, seal=seal)[0][0]


@pytest.fixture
def old(database, chain):
    """Records events of so many days ago, each in a seal of its own."""

    def old(*ages: float) -> None:
        for days in ages:
            insert(database, days)
            chain.seal()

    return old


@pytest.fixture
def forget(chain):
    """Removes what is older than a month."""
    return lambda **how: chain.forget_before(SystemClock().now() - timedelta(days=30), **how)
