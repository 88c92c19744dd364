"""Our server with a database of its own, filled, and what a client needs to use it."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from authserver.actor import SYSTEM
from authserver.bootstrap import bootstrap
from authserver.cli.administrators import ensure_administrator
from authserver.clients.metadata import Client
from authserver.clients.service import ClientService
from authserver.clock import SystemClock
from authserver.credentials.service import CredentialService
from authserver.sessions.session import LiveSession, RefreshHandle
from authserver.settings import PREFIX, Settings
from authserver.storage.db import Database
from authserver.storage.migrations import migrate
from authserver.tokens.authorization import Authorization, TokenSet
from authserver.tokens.service import TokenService
from authserver.wiring import Services, build
from benchmarks.machine import Machine
from benchmarks.messages import basic
from benchmarks.meter import Family
from benchmarks.seeds import AUDIENCE, OPENID_SCOPE, SCOPE, seed, seed_id, seed_secret
from benchmarks.server import ServerProcess, clean_environment, free_host
from benchmarks.wrk import BenchError

PASSWORD = "correct horse battery staple"  # noqa: S105 - of accounts that live for minutes
ADMINISTRATOR = "administrator@example.com"
REDIRECT_URI = "https://app.example.com/cb"
CLIENT, CLIENT_RS256, RESOURCE_SERVER = "bench", "bench-rs256", "bench-api"
WEB_CLIENT, WEB_CLIENT_RS256 = "bench-web", "bench-web-rs256"

_GRANTS = ["client_credentials", "password", "refresh_token"]
_WEB = {
    "grant_types": ["authorization_code", "refresh_token"],
    "redirect_uris": [REDIRECT_URI],
    "scope": OPENID_SCOPE,
}
_CLIENTS: dict[str, dict[str, Any]] = {
    CLIENT: {
        "grant_types": _GRANTS,
        "scope": OPENID_SCOPE,
        "id_token_signed_response_alg": "ES256",
    },
    CLIENT_RS256: {
        "grant_types": _GRANTS,
        "scope": OPENID_SCOPE,
        "access_token_signing_alg": "RS256",
    },
    RESOURCE_SERVER: {"grant_types": ["client_credentials"], "resource_server": True},
    WEB_CLIENT: {**_WEB, "id_token_signed_response_alg": "ES256"},
    WEB_CLIENT_RS256: {**_WEB, "id_token_signed_response_alg": "RS256"},
}


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much is in the database."""

    users: int
    sessions: int


class Shelf:
    """Numbers of sessions, each handed out once, from all over the table."""

    # A prime larger than any number of sessions, so that all are met before the first comes again.
    _STEP = 1_000_003_199

    def __init__(self, sessions: int) -> None:
        # Every other session is one of OpenID Connect.
        self._sessions = sessions // 2
        self._taken = [0, 0]

    def take(self, count: int, *, openid: bool) -> list[int]:
        """Raises :class:`BenchError` when there are not enough left."""
        begin = self._taken[openid]
        self._taken[openid] = end = begin + count
        if end > self._sessions:
            raise BenchError("The sessions do not suffice. Ask for more: SESSIONS=200000")
        places = (number * self._STEP % self._sessions for number in range(begin, end))
        return [2 * place + openid for place in places]


class Installation:
    """``authserver serve`` on the core of the servers."""

    def __init__(
        self,
        machine: Machine,
        process: ServerProcess,
        services: Services,
        size: Size,
        secrets: dict[str, str],
        sessions_end: datetime,
    ) -> None:
        self.machine = machine
        self.services = services
        self.size = size
        self.shelf = Shelf(size.sessions)
        self._process = process
        self._secrets = secrets
        self._sessions_end = sessions_end

    @property
    def settings(self) -> Settings:
        return self.services.settings

    @property
    def base(self) -> str:
        return self.settings.issuer

    @property
    def host(self) -> str:
        return self.settings.bind

    @cached_property
    def families(self) -> dict[str, Family]:
        return self.machine.families(self._process.pid)

    def authorization(self, client_id: str) -> str:
        """How a client authenticates."""
        return basic(client_id, self._secrets[client_id])

    def tokens(self, number: int) -> TokenSet:
        """New tokens of a seeded session, made here: to begin with, the server is not asked."""
        client = self._client
        session = self._session(number)
        handle = RefreshHandle(session.id, 0, seed_secret("session", number))
        return self.services.get(TokenService).issue(
            Authorization(client, str(session.user_id), session.scope, (AUDIENCE,), session, handle)
        )

    @cached_property
    def _client(self) -> Client:
        client = self.services.get(ClientService).find(CLIENT)
        if client is None:
            raise BenchError("The client of the sessions is gone.")
        return client

    def _session(self, number: int) -> LiveSession:
        return LiveSession(
            id=seed_id("session", number),
            user_id=seed_id("user", number % self.size.users),
            client_id=CLIENT,
            generation=0,
            scope=frozenset((OPENID_SCOPE if number % 2 else SCOPE).split()),
            audience=(AUDIENCE,),
            auth_time=SystemClock().now(),
            acr=None,
            amr=("pwd",),
            expires_at=self._sessions_end,
            browser_session_id=None,
            claims=None,
            roles=("user",),
        )


@contextmanager
def running_installation(
    machine: Machine, name: str, size: Size, server: str, **settings: Any
) -> Iterator[Installation]:
    """Make a database, fill it, and serve it by ``server``, gunicorn or granian."""
    host = free_host()
    folder = machine.folder / name
    folder.mkdir()
    wanted = Settings(
        issuer=f"http://{host}",
        bind=host,
        database_url=machine.postgres.create_database(name),
        redis_url=machine.valkey.url,
        keys_dir=folder / "keys",
    )
    wanted = replace(wanted, **settings)
    migrate(wanted.database_url)
    services = build(wanted)
    with ExitStack() as stack:
        stack.callback(services.get(Database).close)
        secrets, sessions_end = _fill(services, size)
        given = ["issuer", "bind", "database_url", "redis_url", "keys_dir", *settings]
        process = ServerProcess(
            _command(server),
            clean_environment(PREFIX)
            | {PREFIX + name.upper(): str(getattr(wanted, name)) for name in given},
            host=host,
            ready_path="/readyz",
            log=folder / "server.log",
            core=machine.cores.servers,
        )
        stack.enter_context(process)
        yield Installation(machine, process, services, size, secrets, sessions_end)


def _command(server: str) -> list[str]:
    """As in production: gunicorn is what nobody needs to name."""
    command = [sys.executable, "-m", "authserver", "serve"]
    return command if server == "gunicorn" else [*command, "--server", server]


def _fill(services: Services, size: Size) -> tuple[dict[str, str], datetime]:
    bootstrap(services)
    ensure_administrator(services, ADMINISTRATOR, PASSWORD)
    clients = services.get(ClientService)
    secrets = {
        client_id: clients.create(SYSTEM, _metadata(client_id, members), client_id).secret or ""
        for client_id, members in _CLIENTS.items()
    }
    end = seed(
        services.settings.database_url,
        users=size.users,
        sessions=size.sessions,
        client_id=CLIENT,
        web_clients=(WEB_CLIENT, WEB_CLIENT_RS256),
        password_hash=services.get(CredentialService).hasher.hash(PASSWORD),
    )
    return secrets, end


def _metadata(client_id: str, members: dict[str, Any]) -> dict[str, Any]:
    return {
        "client_name": client_id,
        "token_endpoint_auth_method": "client_secret_basic",
        "audience": [AUDIENCE],
        **members,
    }
