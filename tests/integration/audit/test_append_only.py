"""PostgreSQL itself refuses to change or remove what was recorded."""

from datetime import timedelta
from secrets import token_hex

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from authserver.clock import SystemClock
from tests.integration.audit.conftest import ACTOR

REFUSED = [
    "UPDATE audit_events SET event = 'x.y'",
    "UPDATE audit_events SET detail = '{}'",
    "UPDATE audit_events SET seal = 7",
    "UPDATE audit_events SET seal = NULL",
    "UPDATE audit_events SET seal = seal",
    "DELETE FROM audit_events",
    "TRUNCATE audit_events",
    "UPDATE audit_seals SET number = number",
    "DELETE FROM audit_seals",
    "TRUNCATE audit_seals",
    "INSERT INTO audit_seals VALUES (4, '', '', '', now(), now())",
    "INSERT INTO audit_seals VALUES (-1, '', '', '', now(), now())",
    "INSERT INTO audit_seals VALUES (9223372036854775807, '', '', '', now(), now())",
    "MERGE INTO audit_events USING audit_seals ON seal = number WHEN MATCHED THEN DELETE",
]
NOTE = [
    "UPDATE audit_horizon SET last_seal = 2",
    "UPDATE audit_horizon SET last_seal = last_seal",
    "DELETE FROM audit_horizon",
    "TRUNCATE audit_horizon",
    "INSERT INTO audit_horizon VALUES (7, '', now(), '')",
]


@pytest.mark.parametrize("statement", REFUSED)
def test_what_is_sealed_is_neither_changed_nor_removed(sealed, sql, check, statement):
    sealed(2)

    with pytest.raises(IntegrityError, match=r"the audit record only grows|one after the other"):
        sql(statement)

    assert check()[0] == []


@pytest.mark.parametrize("statement", NOTE)
def test_the_note_of_what_was_removed_is_of_retention_alone(sealed, chain, sql, check, statement):
    sealed(2)
    chain.cut(1, ACTOR)

    with pytest.raises(IntegrityError, match="the audit record only grows"):
        sql(statement)

    assert check()[0] == []


@pytest.fixture
def servant(database):
    """A user of PostgreSQL that may do what servers do, and owns no table."""
    name = f"servant_{token_hex(4)}"
    with database.engine.begin() as connection:
        for statement in (
            f"CREATE ROLE {name}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}",
        ):
            connection.execute(text(statement))
    yield name
    with database.engine.begin() as connection:
        connection.execute(text(f"DROP OWNED BY {name}"))
        connection.execute(text(f"DROP ROLE {name}"))


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE audit_events",
        "ALTER TABLE audit_events DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_events_delete ON audit_events",
        "SET LOCAL session_replication_role = replica",
        "CREATE RULE lose AS ON INSERT TO audit_events DO INSTEAD NOTHING",
        "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE sql AS 'SELECT 1'",
        "DROP TABLE audit_events",
    ],
)
def test_who_does_not_own_the_tables_cannot_get_past_the_triggers(servant, sql, statement):
    """So docs/operations/audit.md tells servers to connect as such a user."""
    with pytest.raises(ProgrammingError, match=r"must be owner|permission denied"):
        sql(f"SET LOCAL ROLE {servant}; {statement}")


def test_who_does_not_own_the_tables_can_record_seal_and_forget(servant, database, record, chain):
    @event.listens_for(database.engine, "begin")
    def become(connection):
        connection.exec_driver_sql(f"SET LOCAL ROLE {servant}")

    try:
        record(2)
        counts = (chain.seal(), chain.forget_before(SystemClock().now() + timedelta(days=1)))
        found: list = []
        chain.verify([], found.append)
    finally:
        event.remove(database.engine, "begin", become)

    assert (counts, found) == ((2, 2), [])


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_events",
        "UPDATE audit_events SET event = 'x.y'",
        "UPDATE audit_events SET seal = 1, event = 'x.y'",
        "UPDATE audit_events SET seal = 1, detail = detail || '{\"number\": 7}'",
        "UPDATE audit_events SET seal = 1, user_agent = NULL",
    ],
)
def test_what_is_not_sealed_yet_is_neither_changed_nor_removed(record, sql, statement):
    record(1)

    with pytest.raises(IntegrityError, match="the audit record only grows"):
        sql(statement)


def test_not_even_retention_removes_what_is_not_sealed(record, database, sql):
    record(1)

    with pytest.raises(IntegrityError, match="the audit record only grows"):
        sql("SET LOCAL authserver.audit_retention = 'on'; DELETE FROM audit_events")


def test_that_retention_is_at_work_holds_for_its_transaction_only(sealed, chain, database, sql):
    sealed(2)
    with database.transaction() as tx:
        chain.seals.lock(tx, wait=True)
        chain.seals.remove_until(tx, 1)

    for _ in range(10):
        with pytest.raises(IntegrityError, match="the audit record only grows"):
            sql("DELETE FROM audit_events")


def test_a_new_release_keeps_the_triggers(sql):
    query = """SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'audit_%' AND tgenabled = 'O'
               AND tgrelid = ANY ('{audit_events,audit_seals,audit_horizon}'::regclass[])"""

    assert sql(query) == [(10,)]
