"""Whoever owns the tables may keep events from being recorded: that it can be done is noticed."""

import pytest
from sqlalchemy import text

from authserver.audit.guards import _GUARDS


@pytest.fixture
def meddle(database, check):
    """What a check finds after statements that are taken back again."""

    def meddle(*statements: str) -> list[tuple[str, str]]:
        before, after = statements[::2], statements[1::2]
        try:
            run(*before)
            return [(fault.code, fault.message) for fault in check()[0]]
        finally:
            run(*after)

    def run(*statements: str) -> None:
        with database.engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))

    return meddle


@pytest.mark.parametrize(("table", "trigger"), sorted(each[:2] for each in _GUARDS))
def test_a_trigger_that_was_switched_off_is_named(meddle, table, trigger):
    [(code, message)] = meddle(
        f"ALTER TABLE {table} DISABLE TRIGGER {trigger}",
        f"ALTER TABLE {table} ENABLE TRIGGER {trigger}",
    )

    assert code == "unguarded"
    assert f"{trigger} of {table}" in message


def test_a_trigger_of_another_kind_by_the_same_name_is_none(meddle, sql):
    """It stands there and refuses nothing."""
    [[definition]] = sql(
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = 'audit_events_truncate'"
    )

    found = meddle(
        """DROP TRIGGER audit_events_truncate ON audit_events;
           CREATE TRIGGER audit_events_truncate AFTER TRUNCATE ON audit_events
           EXECUTE FUNCTION audit_refuse()""",
        f"DROP TRIGGER audit_events_truncate ON audit_events; {definition}",
    )

    assert [code for code, _ in found] == ["unguarded"]


LOSE = """CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN RETURN NULL; END $$;
          CREATE TRIGGER lose BEFORE INSERT ON audit_events
          FOR EACH ROW WHEN (NEW.client_id = 'mine') EXECUTE FUNCTION lose()"""


@pytest.mark.parametrize(
    ("done", "undone", "named"),
    [
        (LOSE, "DROP FUNCTION lose CASCADE", "lose"),
        (
            "CREATE RULE lose AS ON INSERT TO audit_events DO INSTEAD NOTHING",
            "DROP RULE lose ON audit_events",
            "lose",
        ),
        (
            "ALTER TABLE audit_events ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE audit_events DISABLE ROW LEVEL SECURITY",
            "row level security",
        ),
        (
            "ALTER TABLE audit_events SET UNLOGGED",
            "ALTER TABLE audit_events SET LOGGED",
            "UNLOGGED",
        ),
    ],
)
def test_what_may_keep_events_from_being_recorded_is_named(meddle, done, undone, named):
    [(code, message)] = meddle(done, undone)

    assert code == "foreign_rule"
    assert named in message


def test_a_trigger_of_somebody_else_where_nothing_is_recorded_is_their_business(meddle):
    found = meddle(
        """CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN RETURN NULL; END $$;
           CREATE TRIGGER watch AFTER UPDATE ON audit_events
           FOR EACH ROW EXECUTE FUNCTION watch()""",
        "DROP FUNCTION watch CASCADE",
    )

    assert found == []


def test_a_table_that_was_exchanged_for_a_copy_is_noticed(sealed, meddle):
    """The copy is the same to the last byte, and guarded by nothing."""
    sealed(2)

    found = meddle(
        """ALTER TABLE audit_events RENAME TO audit_events_away;
           CREATE TABLE audit_events AS SELECT * FROM audit_events_away""",
        "DROP TABLE audit_events; ALTER TABLE audit_events_away RENAME TO audit_events",
    )

    assert {code for code, _ in found} == {"unguarded"}


def test_a_table_that_was_exchanged_for_a_view_is_noticed(sealed, meddle):
    sealed(2)

    found = meddle(
        """ALTER TABLE audit_events RENAME TO audit_events_away;
           CREATE VIEW audit_events AS SELECT * FROM audit_events_away""",
        "DROP VIEW audit_events; ALTER TABLE audit_events_away RENAME TO audit_events",
    )

    assert {code for code, _ in found} == {"unguarded", "foreign_rule"}
