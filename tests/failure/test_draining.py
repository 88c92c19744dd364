"""Told to end, a server answers what it has begun with, takes nothing new, and ends in order."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest

from authserver.devservices.postgres import EmbeddedPostgres
from authserver.devservices.redis import EmbeddedValkey
from authserver.wiring import Services
from tests.factories.clients import ClientFactory
from tests.factories.users import UserFactory
from tests.support.first_party import FirstParty
from tests.support.live_server import LiveServer, running_server
from tests.support.load import wait_until
from tests.support.relying_party import FORM, basic

# Some 150 ms of a core each: the server is told to end in the middle of them.
_SLOW_HASH = {"password_hash_memory": 65_536, "password_hash_iterations": 3}
_SIGN_INS = 4
_BODY = b"grant_type=client_credentials"


@pytest.fixture(params=["gunicorn", "granian"])
def running(
    request: pytest.FixtureRequest, folder, postgres: EmbeddedPostgres, valkey: EmbeddedValkey
) -> Iterator[tuple[LiveServer, Services]]:
    with running_server(
        folder, postgres, valkey, program=request.param, workers=1, **_SLOW_HASH
    ) as made:
        yield made


def address(server: LiveServer) -> tuple[str, int]:
    parts = urlsplit(server.base)
    return str(parts.hostname), int(parts.port or 0)


def takes_connections(server: LiveServer) -> bool:
    try:
        with socket.create_connection(address(server), timeout=0.5) as connection:
            connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return connection.recv(100).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def begin_sign_ins(server: LiveServer, services: Services) -> Callable[[], list[int]]:
    """Sign-ins that have begun; called, it waits for their statuses."""
    user, statuses = UserFactory(services)(), list[int]()

    def sign_in() -> None:
        statuses.append(FirstParty(server.client()).log_in(user).status_code)

    threads = [threading.Thread(target=sign_in) for _ in range(_SIGN_INS)]
    for thread in threads:
        thread.start()

    def answers() -> list[int]:
        for thread in threads:
            thread.join(30)
        return statuses

    return answers


def test_requests_in_flight_are_answered(running: tuple[LiveServer, Services]) -> None:
    """Some are being worked on, of one half the body is still to come; and there are connections
    that say nothing, or nothing more, which hold up nobody."""
    server, services = running
    client = ClientFactory(services)()
    authorization = basic(client.client_id, client.secret or "")["Authorization"]
    head = (
        f"POST /oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\n"
        f"Authorization: {authorization}\r\nContent-Length: {len(_BODY)}\r\n\r\n"
    )
    with (
        socket.create_connection(address(server), timeout=5) as kept,
        socket.create_connection(address(server), timeout=5),
        socket.create_connection(address(server), timeout=15) as slow,
    ):
        kept.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert kept.recv(100).startswith(b"HTTP/1.1 200 ")
        slow.sendall(head.encode() + _BODY[:7])
        sign_ins = begin_sign_ins(server, services)
        time.sleep(0.2)
        started = time.monotonic()

        server.ask_to_end()
        wait_until(lambda: not takes_connections(server), 10)
        # Nobody waits longer, and nobody is cut off, because somebody is impatient.
        for pid in server.worker_pids:
            os.kill(pid, signal.SIGTERM)
        slow.sendall(_BODY[7:])

        assert slow.makefile("rb").read().startswith(b"HTTP/1.1 200 ")
        assert sign_ins() == [200] * _SIGN_INS
        assert server.stop() == 0
        assert time.monotonic() - started < 15


@pytest.mark.parametrize("program", ["gunicorn", "granian"])
def test_told_to_end_while_it_begins_it_ends(
    folder, postgres: EmbeddedPostgres, valkey: EmbeddedValkey, program: str
) -> None:
    """A signal that comes before anybody listens for it must not be lost on a worker."""
    with running_server(folder, postgres, valkey, program=program, workers=1) as (server, _):
        for delay in (1.0, 2.0):
            server.stop()
            server.begin()
            time.sleep(delay)
            started = time.monotonic()

            # Before it has set anything up, the signal itself ends it.
            assert server.stop() in {0, -signal.SIGTERM}
            assert time.monotonic() - started < 15
