"""Whoever has the whole database, triggers and all, changes nothing that was sealed unnoticed."""

import dataclasses
import hashlib

import pytest

from authserver.audit.seals import SealMaker

COLUMNS = {
    "occurred_at": "occurred_at + interval '1 microsecond'",
    "event": "'role.deleted'",
    "actor_kind": "'system'",
    "actor_id": "NULL",
    "user_id": "gen_random_uuid()",
    "client_id": "'other'",
    "address": "'198.51.100.1'",
    "request_id": "''",
    "user_agent": "'Another browser'",
    "detail": "detail || '{\"number\": 0.10}'",
    "id": "gen_random_uuid()",
}


@pytest.fixture
def alter(tamper):
    """Changes rows of a table: ``set_`` is what they become, ``where`` which ones."""

    def alter(table: str, set_: str, where: str) -> None:
        tamper(f"UPDATE {table} SET {set_} WHERE {where}")  # noqa: S608 - the test's own words

    return alter


def test_a_whole_chain_has_no_fault(sealed, check):
    sealed(3)

    found, verified = check()

    assert found == []
    assert (verified.seals, verified.events, verified.faults) == (3, 3, 0)
    assert verified.newest.number == 3


def test_an_empty_record_has_no_fault(check):
    found, verified = check()

    assert (found, verified.newest, verified.seals) == ([], None, 0)


def test_what_is_not_sealed_yet_is_told_and_no_fault(record, sealed, check):
    sealed(1)
    record(2)

    found, verified = check()

    assert (found, verified.unsealed) == ([], 2)
    assert verified.unsealed_since is not None


@pytest.mark.parametrize("column", COLUMNS)
def test_a_change_of_any_column_is_found(sealed, alter, check, event_of, column):
    sealed(3)
    event = event_of(2)

    alter("audit_events", f"{column} = {COLUMNS[column]}", f"id = '{event}'")

    found, _ = check()
    codes = {"id": {"missing_event", "inserted_event"}}.get(column, {"changed_event"})
    assert {fault.code for fault in found} == codes
    assert event in {fault.event for fault in found}
    assert {fault.seal for fault in found} == {2}


def test_every_column_is_tried(sql):
    query = "SELECT column_name FROM information_schema.columns WHERE table_name = 'audit_events'"

    assert {row[0] for row in sql(query)} == {*COLUMNS, "seal"}


@pytest.mark.parametrize("seal", [1, 2, 3], ids=["oldest", "middle", "newest"])
def test_a_missing_event_is_named(sealed, tamper, check, event_of, seal):
    sealed(3)
    event = event_of(seal)

    tamper("DELETE FROM audit_events WHERE id = :id", id=event)

    found, _ = check()
    assert [(each.code, each.seal, each.event) for each in found] == [
        ("missing_event", seal, event)
    ]
    assert str(event) in found[0].message


@pytest.mark.parametrize("seal", [-3, 0, 2, 9])
def test_an_event_that_was_put_into_the_past_is_found(sealed, tamper, check, seal):
    """Into a seal, or into one that does not exist."""
    sealed(3)

    [[event]] = tamper(
        """INSERT INTO audit_events (id, event, actor_kind, seal)
           VALUES (gen_random_uuid(), 'role.created', 'system', :seal) RETURNING id""",
        seal=seal,
    )

    found, _ = check()
    assert [(each.code, each.event) for each in found] == [("inserted_event", event)]


def test_events_without_any_chain_are_found(tamper, check):
    tamper(
        """INSERT INTO audit_events (id, event, actor_kind, seal)
           VALUES (gen_random_uuid(), 'role.created', 'system', 1)"""
    )

    assert [each.code for each in check()[0]] == ["inserted_event"]


def test_very_many_inserted_events_do_not_fill_the_memory(sealed, tamper, check):
    sealed(1)
    tamper(
        """INSERT INTO audit_events (id, event, actor_kind, seal)
           SELECT gen_random_uuid(), 'x.y', 'system', 1 FROM generate_series(1, 1500)"""
    )

    [fault] = check()[0]

    assert (fault.code, fault.event) == ("inserted_event", None)


@pytest.mark.parametrize(("now", "named"), [("NULL", None), ("3", 3)])
def test_an_event_that_was_moved_is_found(sealed, alter, check, event_of, now, named):
    """Back to those that are not sealed, from where it would be sealed anew, or elsewhere."""
    sealed(3)
    event = event_of(2)

    alter("audit_events", f"seal = {now}", f"id = '{event}'")

    found, _ = check()
    expected = {("moved_event", 2)} | ({("inserted_event", 3)} if named else set())
    assert {(each.code, each.seal) for each in found} == expected


def test_an_event_that_was_sealed_twice_is_found(sealed, chain, tamper, check, event_of):
    sealed(2)
    tamper("UPDATE audit_events SET seal = NULL WHERE id = :id", id=event_of(1))
    chain.seal()

    assert [(each.code, each.seal) for each in check()[0]] == [("moved_event", 1)]


@pytest.mark.parametrize("column", ["digest", "previous", "entries", "newest_at", "sealed_at"])
def test_a_changed_seal_is_found(sealed, alter, faults, column):
    sealed(3)
    new = {
        "entries": "set_byte(entries, 20, 255 - get_byte(entries, 20))",
        "newest_at": "newest_at - interval '1 year'",
        "sealed_at": "sealed_at - interval '1 second'",
    }.get(column, f"set_byte({column}, 0, 255 - get_byte({column}, 0))")

    alter("audit_seals", f"{column} = {new}", "number = 2")

    assert faults() == [("changed_seal", 2)]


@pytest.mark.parametrize("cut", ["''", "substr(entries, 1, 40)"])
def test_a_seal_that_was_cut_is_found(sealed, alter, faults, cut):
    sealed(2)

    alter("audit_seals", f"entries = {cut}", "number = 2")

    assert faults() == [("changed_seal", 2)]


def test_an_event_and_its_digest_changed_together_are_found(sealed, tamper, faults, event_of):
    """The digest of an event needs no key; that of the seal does."""
    sealed(2)
    tamper("UPDATE audit_events SET event = 'x.y' WHERE id = :id", id=event_of(1))

    tamper(
        "UPDATE audit_seals SET entries = substr(entries, 1, 16) || :digest WHERE number = 1",
        digest=hashlib.sha256(b"what the changed row is").digest(),
    )

    assert faults() == [("changed_seal", 1)]


def test_a_chain_made_anew_by_another_key_is_found(record, chain, faults):
    """Who has the database alone knows all but the key."""
    record(3)
    dataclasses.replace(chain, maker=SealMaker(lambda: b"a guess")).seal(batch=1)

    assert faults() == [("other_key", None)]


def test_one_seal_by_another_key_is_found(sealed, record, chain, faults):
    sealed(1)
    record(1)
    dataclasses.replace(chain, maker=SealMaker(lambda: b"a guess")).seal()
    sealed(1)

    assert faults() == [("changed_seal", 2)]


def test_exchanged_seals_are_found(sealed, tamper, check):
    sealed(4)

    for old, new in ((2, 99), (3, 2), (99, 3)):
        tamper("UPDATE audit_seals SET number = :new WHERE number = :old", old=old, new=new)

    found, _ = check()
    assert {(each.code, each.seal) for each in found} == {("moved_seal", 2), ("moved_seal", 3)}
    assert {each.message for each in found} == {
        "What stands in the place of seal 2 is seal 3.",
        "What stands in the place of seal 3 is seal 2.",
    }


def test_a_missing_seal_is_found_with_its_events(sealed, tamper, check):
    sealed(4)

    tamper("DELETE FROM audit_seals WHERE number = 2")

    found, _ = check()
    assert [(each.code, each.seal) for each in found] == [
        ("missing_seal", 2),
        ("inserted_event", 2),
    ]


def test_a_gap_that_was_closed_is_found(sealed, tamper, alter, faults):
    sealed(3)
    tamper("DELETE FROM audit_seals WHERE number = 2")
    tamper("DELETE FROM audit_events WHERE seal = 2")
    alter("audit_seals", "number = 2", "number = 3")
    alter("audit_events", "seal = 2", "seal = 3")

    assert faults() == [("moved_seal", 2)]


def test_a_beginning_that_was_cut_off_is_found(sealed, tamper, check):
    """It is not what retention has done."""
    sealed(4)
    tamper("DELETE FROM audit_events WHERE seal <= 2")
    tamper("DELETE FROM audit_seals WHERE number <= 2")

    [fault] = check()[0]

    assert fault.message == "Seals 1 to 2 are missing, and retention did not do it."


@pytest.mark.parametrize("moment", ["infinity", "-infinity", "20000-01-01", "0044-03-15 BC"])
def test_a_time_that_python_cannot_read_is_found_as_well(
    sealed, record, alter, chain, check, event_of, moment
):
    """Nobody keeps us from sealing and checking by it."""
    sealed(2)
    record(1)
    at = f"occurred_at = '{moment}'"
    alter("audit_events", at, f"id = '{event_of(1)}'")
    alter("audit_events", at, "seal IS NULL")
    alter("audit_seals", f"newest_at = '{moment}'", "number = 2")

    chain.seal()

    assert {(each.code, each.seal) for each in check()[0]} == {
        ("changed_event", 1),
        ("changed_seal", 2),
    }
