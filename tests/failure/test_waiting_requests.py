"""A request that waits for something stops no other one, and neither do many that do."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from authserver.storage.db import Database
from authserver.wiring import Services
from tests.factories.users import UserFactory
from tests.support.first_party import FirstParty
from tests.support.live_server import LiveServer

_SOON = 0.5
_SLOW_HASH = {"password_hash_memory": 131_072, "password_hash_iterations": 4}
Running = tuple[LiveServer, Services]


@contextmanager
def beside(count: int, act: Callable[[], object]) -> Iterator[None]:
    """``count`` threads that have begun with something."""
    threads = [threading.Thread(target=act) for _ in range(count)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    try:
        yield
    finally:
        for thread in threads:
            thread.join()


def seconds_for_the_keys(server: LiveServer) -> float:
    started = time.monotonic()
    assert server.client().get("/.well-known/jwks.json").status_code == 200
    return time.monotonic() - started


def test_nobody_waits_for_the_passwords_of_others(
    make_live_server: Callable[..., Running],
) -> None:
    server, services = make_live_server(workers=1, threads=16, **_SLOW_HASH)
    user = UserFactory(services)()

    with beside(4, lambda: FirstParty(server.client()).log_in(user)):
        took = seconds_for_the_keys(server)

    assert took < _SOON


def test_nobody_waits_for_the_locks_of_others(make_live_server: Callable[..., Running]) -> None:
    """Refreshes of one session, whose row somebody holds; each gives up after 1.5 s."""
    server, services = make_live_server(workers=1, threads=16)
    user = UserFactory(services)()
    first_party = FirstParty(server.client())
    session = first_party.log_in(user).json

    with services.get(Database).transaction() as tx:
        tx.connection().exec_driver_sql("SELECT 1 FROM sessions FOR UPDATE")
        with beside(3, lambda: FirstParty(server.client()).refresh(session["refreshToken"])):
            took = seconds_for_the_keys(server)

    assert took < _SOON
