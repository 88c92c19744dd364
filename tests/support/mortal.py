"""A server on PostgreSQL and Valkey of its own, which a test may kill."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

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


@contextlib.contextmanager
def installed(**settings: object) -> Iterator[Installation]:
    """Durable PostgreSQL, Valkey, and two workers."""
    folder = Path(tempfile.mkdtemp(prefix="authserver-failure-"))
    try:
        with (
            EmbeddedPostgres(folder) as postgres,
            EmbeddedValkey(folder) as valkey,
            running_server(folder, postgres, valkey, **settings) as (server, services),
        ):
            yield Installation(postgres, valkey, server, services)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
