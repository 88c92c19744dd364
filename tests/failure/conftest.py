"""A server on PostgreSQL and Valkey of its own, which a test may kill."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from authserver.bootstrap import bootstrap
from authserver.devservices.postgres import EmbeddedPostgres
from authserver.devservices.redis import EmbeddedValkey
from authserver.settings import Settings
from authserver.storage.db import Database
from authserver.storage.migrations import migrate
from authserver.wiring import Services, build
from tests.factories.clients import ClientFactory
from tests.factories.users import TestUser, UserFactory
from tests.support.bad_network import BadNetwork, bad_network_to
from tests.support.clinic import clinic, practice, template
from tests.support.live_server import LiveServer
from tests.support.load import wait_until
from tests.support.mortal import Installation, installed
from tests.support.relying_party import RelyingParty

__all__ = ["Installation", "clinic", "practice", "template"]


@pytest.fixture
def install() -> Iterator[Callable[..., Installation]]:
    """``install(refresh_leeway=0)``: an installation that is gone after the test."""
    with contextlib.ExitStack() as made:
        yield lambda **settings: made.enter_context(installed(**settings))


@dataclass
class Networked:
    """A server that reaches PostgreSQL and Valkey through networks that may become bad.

    ``services`` are on the same database, and reach it by a way of their own.
    """

    server: LiveServer
    services: Services
    to_postgresql: BadNetwork
    to_valkey: BadNetwork

    def party(self) -> RelyingParty:
        return RelyingParty(self.server.client(), ClientFactory(self.services)())

    def user(self) -> TestUser:
        return UserFactory(self.services)()

    def heal(self) -> None:
        """Return when both networks are as they should be, and the server has noticed."""
        for network in (self.to_postgresql, self.to_valkey):
            network.latency, network.swallow, network.lose_answers = 0.0, False, False
        party, user = self.party(), self.user()
        wait_until(lambda: party.introspect("x").status_code == 200, 10)
        wait_until(lambda: party.password(user).status_code == 200, 10)
        self.server.wait_until_ready()


@pytest.fixture(scope="session")
def networked_server(
    folder: Path, postgres: EmbeddedPostgres, valkey: EmbeddedValkey
) -> Iterator[Networked]:
    url = postgres.create_database("networked")
    migrate(url)
    values = {"database_url": url, "redis_url": valkey.url, "keys_dir": folder / "keys"}
    limits = {"workers": 1, "threads": 16, "login_limit": "100000/minute"}
    with (
        bad_network_to(url) as (far_url, to_postgresql),
        bad_network_to(valkey.url) as (far_redis, to_valkey),
    ):
        far = {"database_url": far_url, "redis_url": far_redis}
        server = LiveServer(values | limits | far, folder)
        services = build(Settings(**(server.settings_env | values)))
        bootstrap(services)
        with server:
            yield Networked(server, services, to_postgresql, to_valkey)
        services.get(Database).close()


@pytest.fixture
def networked(networked_server: Networked) -> Iterator[Networked]:
    """Its networks are good before the test, and after it."""
    yield networked_server
    networked_server.heal()


@pytest.fixture(scope="module")
def without_postgresql() -> Iterator[str]:
    """The address of a server that has worked, and whose PostgreSQL has been killed since."""
    with installed() as installation:
        # Each worker has answered from its memory once before the loss.
        for _ in range(20):
            requests.get(f"{installation.server.base}/.well-known/jwks.json", timeout=5)
        installation.postgres.kill()
        yield installation.server.base
