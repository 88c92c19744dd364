"""A new server beside the old one, which is then told to end: nobody who asks meanwhile notices."""

import contextlib
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from authserver.devservices.postgres import EmbeddedPostgres
from authserver.devservices.redis import EmbeddedValkey
from tests.factories.clients import ClientFactory
from tests.factories.users import UserFactory
from tests.support.live_server import LiveServer, running_server
from tests.support.traffic import Address, Traffic, visitors

_SETTINGS = {
    "password_hash_memory": 7168,
    "password_hash_iterations": 1,
    "sessions_per_user": 10_000,
}


def address(server: LiveServer) -> Address:
    parts = urlsplit(server.base)
    return str(parts.hostname), int(parts.port or 0)


@pytest.mark.parametrize("program", ["gunicorn", "granian"])
def test_no_request_fails_while_servers_are_replaced(
    folder: Path, postgres: EmbeddedPostgres, valkey: EmbeddedValkey, program: str
) -> None:
    """Two processes each, one server after the other, at a hundred requests a second."""
    with (
        contextlib.ExitStack() as running,
        running_server(folder, postgres, valkey, program=program, **_SETTINGS) as made,
    ):
        first, services = made
        client, user = ClientFactory(services)(), UserFactory(services)()
        addresses = [address(first)]
        traffic = Traffic(visitors(12, client, user, lambda: tuple(addresses)), rate=100)
        with traffic.flowing():
            old = first
            for _ in range(2):
                # The issuer stays, and so does everything but the port.
                settings = {**first.settings_env}
                del settings["bind"]
                new = running.enter_context(LiveServer(settings, folder, program=program))
                addresses.insert(0, address(new))
                addresses.remove(address(old))
                assert old.stop() == 0
                old = new

    assert Counter(answer.status for answer in traffic.answers).keys() == {200}
    assert len(traffic.answers) > 100
