"""Events are sealed after they were recorded: each once, whoever seals, and whenever they come."""

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from authserver.audit.events import Event
from authserver.audit.seal_repository import SealRepository
from authserver.clock import SystemClock
from authserver.errors import Unavailable
from authserver.ids import new_id
from tests.integration.audit.conftest import ACTOR


def test_what_was_recorded_is_sealed(record, chain, check):
    record(3)

    count = chain.seal()

    found, verified = check()
    assert (count, found) == (3, [])
    assert (verified.seals, verified.events, verified.unsealed) == (1, 3, 0)


def test_nothing_new_makes_no_seal(record, chain, sql):
    record(1)
    chain.seal()

    assert chain.seal() == 0
    assert sql("SELECT count(*) FROM audit_seals")[0][0] == 1


def test_many_events_become_many_seals(record, chain, check):
    record(10)

    count = chain.seal(batch=4)

    found, verified = check()
    assert (count, found, verified.seals) == (10, [], 3)


def test_a_round_ends_although_there_is_more(record, chain, check):
    record(5)

    count = chain.seal(batches=2, batch=2)

    found, verified = check()
    assert (count, found, verified.unsealed) == (4, [], 1)


def test_an_event_that_commits_late_is_in_a_later_seal(database, audit, record, chain, check, sql):
    """Its id is older than those that are sealed already."""
    with database.transaction() as late:
        audit.record(late, Event.ROLE_DELETED, ACTOR)
        late.flush()
        record(2)
        chain.seal()
    chain.seal()

    found, verified = check()
    rows = sql("SELECT event, seal FROM audit_events ORDER BY id")
    assert rows == [("role.deleted", 2), ("role.created", 1), ("role.created", 1)]
    assert (found, verified.events) == ([], 3)


def test_what_was_rolled_back_is_in_no_seal(database, audit, record, chain, check):
    with database.sessions() as tx:
        audit.record(tx, Event.ROLE_DELETED, ACTOR)
        tx.flush()
        tx.rollback()
    record(1)

    chain.seal()

    assert check()[1].events == 1


def test_recording_waits_for_nobody_who_seals(database, record, chain):
    with database.transaction() as tx:
        chain.seals.lock(tx, wait=True)
        record(1)

    assert chain.seal() == 1


def test_of_two_that_seal_one_leaves_it_to_the_other(database, record, chain):
    record(1)
    with database.transaction() as tx:
        chain.seals.lock(tx, wait=True)

        assert chain.seal() == 0


def test_whoever_is_told_to_seal_everything_waits_for_the_other(database, record, chain):
    record(1)
    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as tx:
            chain.seals.lock(tx, wait=True)
            sealing = pool.submit(chain.seal, None)
            wait_until_it_waits(database)
        count = sealing.result(10)

    assert count == 1


def wait_until_it_waits(database) -> None:
    query = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    pause = threading.Event()
    for _ in range(1000):
        with database.engine.connect() as connection:
            if connection.scalar(query):
                return
        pause.wait(0.002)
    raise AssertionError("nobody waits")


def test_events_that_are_recorded_while_two_seal_are_sealed_once_each(record, chain, check):
    """None is lost, and none sealed twice: the seals together hold each id once."""
    done = threading.Event()

    def keep_sealing() -> int:
        count = 0
        while not done.is_set():
            count += chain.seal(batch=7)
        return count

    with ThreadPoolExecutor(4) as pool:
        sealers = [pool.submit(keep_sealing) for _ in range(2)]
        recorders = [pool.submit(record, 300) for _ in range(2)]
        for recorder in recorders:
            recorder.result(60)
        done.set()
        counts = [sealer.result(60) for sealer in sealers]
    last = chain.seal(None)

    found, verified = check()
    with chain.database.transaction() as tx:
        seals = chain.seals.list(tx, 0, 10_000)
    entries = [event_id for seal in seals for event_id, _ in seal.sealed_events()]
    assert found == []
    assert sum(counts) + last == verified.events == len(set(entries)) == len(entries) == 600


class Dying(SealRepository):
    """Whose connection is cut when the seal is written, and its events are marked."""

    def add(self, tx, seal):
        count = super().add(tx, seal)
        with tx.get_bind().connect() as other:
            other.execute(
                text("SELECT pg_terminate_backend(:pid, 5000)"),
                {"pid": tx.scalar(text("SELECT pg_backend_pid()"))},
            )
        return count


def test_who_dies_while_sealing_leaves_nothing_behind(record, chain, check, sql):
    record(2)

    with pytest.raises(Unavailable):
        dataclasses.replace(chain, seals=Dying()).seal()

    assert sql("SELECT count(*) FROM audit_seals") == [(0,)]
    assert chain.seal() == 2
    assert check()[0] == []


def test_a_clock_that_is_set_back_breaks_no_chain(record, chain, check, monkeypatch):
    """The order is that of the numbers; times are told, and nothing is concluded from them."""
    now = SystemClock().now()
    for hours in (0, 26, -26, -240):
        at = now + timedelta(hours=hours)
        monkeypatch.setattr(SealRepository, "now", lambda *_, at=at: at)
        record(1)
        chain.seal()

    found, verified = check()

    assert (found, verified.seals) == ([], 4)


def test_it_is_known_for_how_long_events_have_waited(chain, sql):
    insert = """INSERT INTO audit_events (id, occurred_at, event, actor_kind)
                VALUES (:id, now() - interval '1 minute' * :age, 'x.y', 'system')"""
    for age in (7, 3):
        sql(insert, id=new_id(), age=age)

    before = chain.unsealed_seconds()
    chain.seal()

    assert 420 <= before < 430
    assert chain.unsealed_seconds() == 0


def test_an_event_of_a_time_to_come_has_not_waited(chain, sql):
    sql(
        """INSERT INTO audit_events (id, occurred_at, event, actor_kind)
           VALUES (gen_random_uuid(), now() + interval '1 day', 'x.y', 'system')"""
    )

    assert chain.unsealed_seconds() == 0


def test_events_of_different_age_are_not_in_one_seal(sql, chain, check):
    """Or else retention would keep the old ones as long as the young ones."""
    insert = """INSERT INTO audit_events (id, occurred_at, event, actor_kind)
                VALUES (gen_random_uuid(), now() - interval '3 days' * :age, 'x.y', 'system')"""
    for age in (0, 0, 1, 1):
        sql(insert, age=age)

    chain.seal()

    ages = sql("""SELECT DISTINCT seal, occurred_at < now() - interval '1 day'
                  FROM audit_events ORDER BY seal""")
    assert len(ages) == len({seal for seal, _ in ages}) > 1
    assert check()[0] == []
