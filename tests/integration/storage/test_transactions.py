"""``transaction()``: return commits, raise rolls back, and who does not answer is unavailable."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from authserver.errors import NotFound, PreconditionFailed, Unavailable
from authserver.resources.models import ResourceServer
from authserver.storage.db import open_database
from tests.integration.storage.conftest import PROMISED, SLACK

NAMES = "SELECT name FROM resource_servers"


@pytest.fixture
def own_database(own_postgres):
    """On the server that may be frozen, without any table."""
    database = open_database(own_postgres.url, pool_size=1)
    yield database
    database.close()


def named(name: str) -> ResourceServer:
    return ResourceServer(audience=f"https://{name}.example", name=name)


def names(database) -> list[str]:
    with database.transaction() as tx:
        return list(tx.scalars(text(NAMES)))


def add_and_raise(database) -> None:
    with database.transaction() as tx:
        tx.add(named("one"))
        tx.flush()
        raise NotFound


def seconds_until_unavailable(database) -> float:
    started = time.monotonic()
    with pytest.raises(Unavailable), database.transaction() as tx:
        tx.execute(text("SELECT 1"))
    return time.monotonic() - started


def test_what_was_done_is_saved_at_the_end(database):
    with database.transaction() as tx:
        tx.add(named("one"))

    assert names(database) == ["one"]


def test_what_was_done_is_undone_by_an_error(database):
    with pytest.raises(NotFound):
        add_and_raise(database)

    assert names(database) == []


def test_nothing_is_seen_before_the_end(database):
    with database.transaction() as tx:
        tx.add(named("one"))
        tx.flush()

        assert names(database) == []


def test_objects_can_be_read_afterwards(database):
    with database.transaction() as tx:
        one = named("one")
        tx.add(one)

    assert one.name == "one"


def test_a_broken_constraint_is_the_business_of_the_repository(database):
    with pytest.raises(IntegrityError), database.transaction() as tx:
        tx.add_all([named("one"), named("one")])


def test_a_row_that_has_changed_meanwhile_is_a_failed_precondition(database):
    """RFC 9110, section 13.1.1."""
    with pytest.raises(PreconditionFailed), database.transaction():
        raise StaleDataError


def test_a_lock_that_nobody_gives_up_is_not_waited_for(database):
    """lock_timeout: a stuck transaction must not hold everybody else."""
    with database.transaction() as tx:
        tx.add(named("one"))
    query = text("SELECT * FROM resource_servers FOR UPDATE")
    started = time.monotonic()

    with database.transaction() as holder:
        holder.execute(query)
        with pytest.raises(Unavailable), database.transaction() as tx:
            tx.execute(query)

    assert time.monotonic() - started < PROMISED + SLACK


def test_who_finds_no_connection_free_is_unavailable(own_database):
    taken, enough = Event(), Event()

    def hold() -> None:
        with own_database.transaction() as tx:
            tx.execute(text("SELECT 1"))
            taken.set()
            enough.wait()

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        taken.wait()
        waited = seconds_until_unavailable(own_database)
        enough.set()
        holding.result()

    assert waited < PROMISED


def test_after_a_restart_no_transaction_fails(own_database, own_postgres):
    """The pool asks a connection whether it lives before it gives it out."""
    with own_database.transaction() as tx:
        tx.execute(text("SELECT 1"))
    own_postgres.kill()
    own_postgres.start()

    with own_database.transaction() as tx:
        assert tx.scalar(text("SELECT 1")) == 1


def test_a_server_that_is_down_is_unavailable_at_once(own_database, own_postgres):
    own_postgres.stop()
    try:
        assert seconds_until_unavailable(own_database) < SLACK
    finally:
        own_postgres.start()


@pytest.mark.parametrize("connected", [True, False])
def test_a_frozen_server_is_unavailable_in_time(own_database, own_postgres, frozen, connected):
    """protocol.md, What fails how: within 2 s, whether or not there was a connection."""
    if connected:
        own_database.engine.connect().close()

    with frozen(own_postgres.pid):
        waited = seconds_until_unavailable(own_database)

    assert waited < PROMISED + SLACK


def test_a_server_that_freezes_in_the_middle_is_unavailable_in_time(
    own_database, own_postgres, frozen
):
    def freeze_in_the_middle() -> None:
        with own_database.transaction() as tx:
            tx.execute(text("SELECT 1"))
            with frozen(own_postgres.pid):
                tx.execute(text("SELECT 1"))

    started = time.monotonic()
    with pytest.raises(Unavailable):
        freeze_in_the_middle()

    assert time.monotonic() - started < PROMISED + SLACK


def test_a_ping_tells_whether_it_is_there(own_database, own_postgres):
    own_database.ping()
    own_postgres.stop()
    try:
        with pytest.raises(Unavailable):
            own_database.ping()
    finally:
        own_postgres.start()


def test_no_parameter_gets_into_the_text_of_an_error(database):
    """CWE-532: a parameter may be secret."""
    with pytest.raises(Exception, match="hidden") as caught, database.transaction() as tx:
        tx.execute(text("SELECT 1 / :nought, :secret"), {"nought": 0, "secret": "hush-hush"})

    assert "hush-hush" not in str(caught.value)
