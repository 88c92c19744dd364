"""A server on PostgreSQL and Valkey of its own, which a test may kill."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from authserver.actor import SYSTEM
from authserver.authn.service import AuthnService
from authserver.clients.service import ClientService
from authserver.devservices.postgres import EmbeddedPostgres
from authserver.devservices.redis import EmbeddedValkey
from authserver.tokens.service import TokenService
from authserver.wiring import Services
from tests.factories.clients import ClientFactory
from tests.factories.users import UserFactory
from tests.support.live_server import LiveServer, running_server
from tests.support.load import RefreshChain


@dataclass
class Installation:
    """Everything that may be lost."""

    postgres: EmbeddedPostgres
    valkey: EmbeddedValkey
    server: LiveServer
    services: Services

    def chains(self, count: int) -> list[RefreshChain]:
        """Sessions of one user at one client."""
        client = ClientFactory(self.services)()
        user = UserFactory(self.services)()
        registered = self.services.get(ClientService).get(client.client_id)
        tokens = []
        for _ in range(count):
            authorization = self.services.get(AuthnService).sign_in(
                user.email,
                user.password,
                client=registered,
                scope=registered.scope,
                audience=registered.audience,
                actor=SYSTEM,
            )
            tokens.append(self.services.get(TokenService).issue(authorization))
        return [RefreshChain(self.server, client, token.refresh_token or "") for token in tokens]


@pytest.fixture
def install() -> Iterator[Callable[..., Installation]]:
    """``install()``: durable PostgreSQL, two workers; gone after the test."""
    folder = Path(tempfile.mkdtemp(prefix="authserver-failure-"))
    made = []

    def make(**settings: object) -> Installation:
        postgres, valkey = EmbeddedPostgres(folder), EmbeddedValkey(folder)
        postgres.start()
        made.append(postgres.stop)
        valkey.start()
        made.append(valkey.stop)
        context = running_server(folder, postgres, valkey, **settings)
        server, services = context.__enter__()
        made.append(lambda: context.__exit__(None, None, None))
        return Installation(postgres, valkey, server, services)

    yield make
    for undo in reversed(made):
        undo()
    shutil.rmtree(folder, ignore_errors=True)
