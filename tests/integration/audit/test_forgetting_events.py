"""Audit events are kept for a time, and no longer; the chain over the rest stays whole."""

import dataclasses
from datetime import timedelta

import pytest

from authserver.audit.chain import AuditChain
from authserver.audit.seal_repository import SealRepository
from authserver.audit.service import AuditService
from authserver.clock import Clock, FrozenClock, SystemClock
from authserver.maintenance import maintain
from authserver.storage.db import Database
from authserver.upkeep import tasks
from authserver.wiring import build
from tests.integration.audit.conftest import insert, kept


def test_only_events_of_before_are_forgotten(old, forget, sql):
    old(31, 29)

    assert forget() == 1
    assert kept(sql) == [2]


def test_what_is_left_is_a_whole_chain(old, forget, check, sealed):
    old(40, 35, 31, 29)
    forget()
    sealed(1)

    found, verified = check()

    assert (found, verified.seals, verified.newest.number) == ([], 2, 5)


def test_everything_may_be_forgotten_and_the_chain_goes_on(old, forget, check, sealed, sql):
    old(40, 35)
    assert forget() == 2
    sealed(1)

    found, verified = check()

    assert (found, kept(sql), verified.newest.number) == ([], [3], 3)


def test_a_chain_of_which_nothing_is_left_has_a_newest_seal(old, forget, check):
    old(40, 35)
    before = check()[1].newest
    forget()

    found, verified = check(before)

    assert (found, verified.newest, verified.seals) == ([], before, 0)


def test_many_old_seals_are_forgotten_batch_by_batch(old, forget, check, sql):
    old(*range(47, 40, -1))

    count = forget(batch=3)

    assert (count, kept(sql), check()[0]) == (7, [], [])


def test_a_seal_larger_than_a_batch_is_forgotten_whole(database, chain, forget, sql):
    for _ in range(5):
        insert(database, 40)
    chain.seal()

    assert (forget(batch=2), kept(sql)) == (5, [])


def test_a_young_event_keeps_its_seal_and_all_after_it(old, forget, sql):
    """Seals are removed from the beginning: or else there would be a gap."""
    old(40, 10, 39)

    assert forget() == 1
    assert kept(sql) == [2, 3]


def test_what_is_not_sealed_is_kept_however_old_it_is(database, forget, sql):
    insert(database, 40)

    assert (forget(), kept(sql)) == (0, [None])


def test_who_comes_while_another_one_removes_leaves_it_to_them(database, chain, old, forget, sql):
    old(40)
    with database.transaction() as other:
        chain.seals.lock(other, wait=True)

        assert forget() == 0

    assert kept(sql) == [1]


def test_a_check_sees_one_moment_whatever_is_sealed_and_removed_meanwhile(
    old, forget, record, chain, check
):
    """Or else it would call missing what retention has just removed."""

    old(40, 35, 29)
    first = iter([True])

    class Meanwhile(SealRepository):
        def events(self, *what):
            if next(first, False):
                forget()
                record(1)
                chain.seal()
            return super().events(*what)

    found: list = []
    verified = dataclasses.replace(chain, seals=Meanwhile()).verify([], found.append)

    assert (found, verified.seals, verified.events) == ([], 3, 3)
    assert check()[1].seals == 2


def test_a_round_of_maintenance_seals_and_forgets_what_is_older_than_the_setting(
    services, make_app
):
    _, short = make_app(audit_retention=86_400)
    database = services.get(Database)
    for days in (3, 0):
        insert(database, days)

    done = maintain(short)

    assert done.removed_audit_events == 1
    assert done.sealed_audit_events >= 2
    assert services.get(AuditChain).verify([], print).faults == 0
    assert "x.y" in {event.event for event in services.get(AuditService).list(before=None, limit=9)}


# Clocks -------------------------------------------------------------------------------------------


FAR = SystemClock().now() + timedelta(days=3650)


@pytest.fixture
def remove_audit_events(make_settings):
    """The part of the upkeep that forgets, with a clock of the process's."""

    def remove(clock: Clock) -> int:
        wired = build(make_settings(), clock)
        try:
            [task] = [each for each in tasks(wired) if each.name == "remove_audit_events"]
            return task.work()
        finally:
            wired.get(Database).close()

    return remove


def test_a_process_whose_clock_is_far_ahead_forgets_nothing(services, remove_audit_events):
    """What a wrong clock removes does not come back: both would have to be wrong."""
    insert(services.get(Database), 1)
    services.get(AuditChain).seal()

    assert remove_audit_events(FrozenClock(FAR)) == 0


def test_a_database_whose_clock_is_far_ahead_makes_nobody_forget(
    services, remove_audit_events, monkeypatch
):
    insert(services.get(Database), 1)
    services.get(AuditChain).seal()
    monkeypatch.setattr(SealRepository, "now", lambda *_: FAR)

    assert remove_audit_events(SystemClock()) == 0


def test_events_are_forgotten_when_both_clocks_say_so(services, remove_audit_events, monkeypatch):
    insert(services.get(Database), 1)
    services.get(AuditChain).seal()
    monkeypatch.setattr(SealRepository, "now", lambda *_: FAR)

    assert remove_audit_events(FrozenClock(FAR)) > 0


def test_events_of_a_time_to_come_go_with_those_that_came_after_them(old, forget, check, sql):
    """As a clock made them that was wrong for a moment. They must not keep all others for ever."""
    old(40, -4000, -4000, 39, 29)

    assert forget() == 4
    assert (kept(sql), check()[0]) == ([5], [])


def test_events_of_a_time_to_come_stay_with_those_that_came_after_them(old, forget, sql):
    old(40, -4000, 29)

    assert forget() == 1
    assert kept(sql) == [2, 3]


def test_the_newest_events_stay_though_they_say_they_are_of_a_time_to_come(old, forget, sql):
    old(40, -4000)

    assert forget() == 1
    assert kept(sql) == [2]


def test_an_event_that_says_it_is_ancient_makes_its_neighbours_no_older(old, forget, sql):
    """A seal is as old as its youngest event, and none has events of very different age."""
    old(29, 15000, 28)

    assert forget() == 0
    assert kept(sql) == [1, 2, 3]
