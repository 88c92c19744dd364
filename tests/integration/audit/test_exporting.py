"""Exports are whole and in order, a batch at a time."""

import pytest

from authserver.audit.events import Event
from authserver.audit.export import as_line
from authserver.audit.search import Search
from tests.integration.audit.conftest import ACTOR


@pytest.fixture
def numbers(record, chain):
    """Seven events: two seals of three and two, and two that are not sealed."""
    record(3)
    chain.seal()
    record(2)
    chain.seal()
    record(2)


def seals_of(batches) -> list:
    return [event.seal for batch in batches for event in batch]


@pytest.mark.parametrize("batch", [1, 2, 3, 7, 100])
def test_all_events_are_exported_once_the_oldest_first(audit, numbers, sql, batch):
    found = [event.id for events in audit.export(batch=batch) for event in events]

    assert found == [row[0] for row in sql("SELECT id FROM audit_events ORDER BY id")]


@pytest.mark.parametrize("batch", [1, 2, 3, 5, 100])
def test_sealed_events_are_exported_in_the_order_of_the_chain(audit, numbers, batch):
    assert seals_of(audit.export_sealed(0, batch=batch)) == [1, 1, 1, 2, 2]


def test_an_export_goes_on_behind_a_seal(audit, numbers):
    assert seals_of(audit.export_sealed(1)) == [2, 2]
    assert seals_of(audit.export_sealed(2)) == []


@pytest.mark.parametrize("batch", [1, 2, 3, 100])
def test_the_order_of_the_chain_is_that_of_seals_and_not_of_ids(
    database, audit, record, chain, sql, batch
):
    """What commits late has an older id than what is sealed before it, and must not be left out."""
    with database.transaction() as late:
        for _ in range(2):
            audit.record(late, Event.ROLE_DELETED, ACTOR)
        late.flush()
        record(2)
        chain.seal()
    chain.seal()

    found = [event for events in audit.export_sealed(0, batch=batch) for event in events]

    assert sql("SELECT seal FROM audit_events ORDER BY id") == [(2,), (2,), (1,), (1,)]
    assert [event.seal for event in found] == [1, 1, 2, 2]
    assert len({event.id for event in found}) == 4


def test_an_export_may_be_narrowed_down(audit, numbers):
    assert seals_of(audit.export(Search(event="role.deleted"))) == []
    assert len(seals_of(audit.export(Search(actor_id="ada"), batch=2))) == 7
    assert seals_of(audit.export_sealed(0, Search(actor_id="una"))) == []


def test_what_commits_late_comes_with_its_seal(database, audit, record, chain):
    """An export by time has passed its id by; one by seals has not."""
    with database.transaction() as late:
        audit.record(late, Event.ROLE_DELETED, ACTOR)
        late.flush()
        record(1)
        chain.seal()
    chain.seal()

    [[event]] = audit.export_sealed(1)

    assert event.event == "role.deleted"


def test_a_row_that_no_program_of_ours_has_written_hides_no_other(tamper, record, audit):
    record(1)
    tamper("UPDATE audit_events SET detail = '{\"number\": 123456789012345678901234567890}'")

    [[event]] = audit.export()

    assert b"123456789012345678901234567890" in as_line(event)
