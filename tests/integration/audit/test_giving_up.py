"""What is not whole may be given up by an operator, who has looked into it."""

import pytest

from tests.integration.audit.conftest import ACTOR, kept


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_seals SET digest = previous WHERE number = 2",
        "DELETE FROM audit_seals WHERE number = 2",
        "DELETE FROM audit_seals WHERE number = 1",
        "UPDATE audit_events SET event = 'x.z' WHERE seal = 2",
        "DELETE FROM audit_events WHERE seal = 2",
    ],
)
def test_what_is_not_whole_may_be_given_up(sealed, chain, tamper, faults, sql, change):
    sealed(4)
    tamper(change)
    assert faults()

    removed = chain.cut(2, ACTOR)

    assert removed in (1, 2)
    assert faults() == []
    assert kept(sql) == [3, 4, None]


def test_that_something_was_given_up_is_recorded(sealed, chain, sql):
    sealed(2)
    chain.cut(1, ACTOR)

    rows = sql("SELECT actor_id, detail FROM audit_events WHERE event = 'audit_record.cut'")

    assert rows == [("ada", {"last_seal": 1, "events": 1})]


def test_all_may_be_given_up(sealed, chain, faults, sql):
    sealed(2)

    chain.cut(2, ACTOR)
    sealed(1)

    assert faults() == []
    assert kept(sql) == [3, 3]


def test_what_does_not_exist_cannot_be_given_up(sealed, chain, sql):
    sealed(2)

    assert chain.cut(3, ACTOR) is None
    assert kept(sql) == [1, 2]


def test_very_much_may_be_given_up(chain, record, tamper, faults, sql, monkeypatch):
    """No statement removes so much that PostgreSQL ends it."""
    monkeypatch.setattr("authserver.audit.seal_repository._ROWS_AT_ONCE", 3)
    record(20)
    chain.seal(batch=2)
    tamper("UPDATE audit_events SET event = 'x.z' WHERE seal = 9")

    removed = chain.cut(9, ACTOR)

    assert (removed, faults(), kept(sql)) == (18, [], [10, 10, None])
