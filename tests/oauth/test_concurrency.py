"""One refresh token, many requests at once, two worker processes (security.md, R1)."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier
from typing import Any

import jwt
import pytest
import requests

from authserver.bootstrap import bootstrap
from authserver.devservices.postgres import EmbeddedPostgres
from authserver.settings import Settings
from authserver.storage.db import Database
from authserver.storage.migrations import migrate
from authserver.wiring import Services, build
from tests.factories.clients import AUDIENCE, ClientFactory, TestClient
from tests.factories.users import TestUser, UserFactory
from tests.support.live_server import LiveServer
from tests.support.relying_party import RelyingParty
from tests.support.session_rows import SessionRows, session_id_of

THREADS = 20
ROUNDS = 20


@dataclass(frozen=True)
class Crowd:
    """Many threads, each with a new connection, that begin at the same moment."""

    server: LiveServer
    credentials: TestClient
    pool: ThreadPoolExecutor

    def party(self) -> RelyingParty:
        """The client, over a connection of its own."""
        return RelyingParty(self.server.client(), self.credentials)

    def all_at_once(self, *actions: Callable[[RelyingParty], Any]) -> list[Any]:
        barrier = Barrier(len(actions))

        def run(action: Callable[[RelyingParty], Any]) -> Any:
            party = self.party()
            barrier.wait()
            return action(party)

        return [future.result() for future in [self.pool.submit(run, each) for each in actions]]


def refresh(token: str) -> Callable[[RelyingParty], Any]:
    return lambda party: party.refresh(token)


@pytest.fixture(scope="module")
def running(folder: Path, postgres: EmbeddedPostgres) -> Iterator[tuple[LiveServer, Services]]:
    """One server for all tests of this file: a start takes longer than they do."""
    url = postgres.create_database("concurrency")
    migrate(url)
    settings: dict[str, Any] = {"database_url": url, "keys_dir": folder / "keys"}
    server = LiveServer(settings, folder)
    services = build(Settings(**server.settings_env))
    bootstrap(services)
    with server:
        yield server, services
    services.get(Database).close()


@pytest.fixture
def crowd(running: tuple[LiveServer, Services]) -> Iterator[Crowd]:
    server, services = running
    with ThreadPoolExecutor(THREADS) as pool:
        yield Crowd(server, ClientFactory(services)(), pool)


@pytest.fixture
def rows(running: tuple[LiveServer, Services]) -> SessionRows:
    return SessionRows(running[1].get(Database))


@pytest.fixture
def user(running: tuple[LiveServer, Services]) -> TestUser:
    return UserFactory(running[1])()


def test_all_who_redeem_one_token_at_once_get_the_same_successor(crowd, rows, user):
    """protocol.md, Invariant: at least one succeeds, and no second successor exists."""
    token = crowd.party().password(user).json["refresh_token"]
    idle = {pid: cpu_time(pid) for pid in crowd.server.worker_pids}

    for generation in range(1, ROUNDS + 1):
        answers = crowd.all_at_once(*[refresh(token)] * THREADS)

        assert {answer.status_code for answer in answers} == {200}
        (token,) = {answer.json["refresh_token"] for answer in answers}
        assert rows.get(session_id_of(token)).generation == generation
    assert rows.events("session.reuse_detected") == []
    # Or else this would say nothing about two processes.
    assert len(idle) == 2
    assert all(cpu_time(pid) > before for pid, before in idle.items())


def test_a_revocation_among_refreshes_is_the_end(crowd, user):
    """RFC 7009, section 2.1: whoever was faster, nobody goes on."""
    for _ in range(5):
        token = crowd.party().password(user).json["refresh_token"]

        *answers, revoked = crowd.all_at_once(
            *[refresh(token)] * (THREADS - 1), lambda party, token=token: party.revoke(token)
        )

        assert revoked.status_code == 200
        assert {answer.status_code for answer in answers} <= {200, 400}
        left = [answer.json["refresh_token"] for answer in answers if answer.status_code == 200]
        for each in {token, *left}:
            assert crowd.party().refresh(each).json["error"] == "invalid_grant"


def test_a_killed_worker_costs_no_session(crowd, user):
    """security.md, R2: who lost an answer asks again within the leeway."""
    token = crowd.party().password(user).json["refresh_token"]

    for step in range(20):
        if step == 5:
            crowd.server.kill_worker()
        answer = retried(lambda token=token: crowd.party().refresh(token))
        assert answer.status_code == 200
        token = answer.json["refresh_token"]


def test_pyjwt_verifies_against_the_running_server(crowd, user):
    """RFC 9068, section 4, as a resource server in Python does it."""
    base = crowd.server.base
    token = crowd.party().password(user).json["access_token"]

    key = jwt.PyJWKClient(f"{base}/.well-known/jwks.json").get_signing_key_from_jwt(token)
    claims = jwt.decode(token, key, algorithms=["ES256"], audience=AUDIENCE, issuer=base)

    assert (claims["sub"], claims["roles"]) == (str(user.id), ["user"])


def retried(ask: Callable[[], Any]) -> Any:
    """The answer, as a client gets it that tries again once after a broken connection."""
    try:
        return ask()
    except requests.ConnectionError:
        return ask()


def cpu_time(pid: int) -> int:
    """What a process has used of the processor, in ticks."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
