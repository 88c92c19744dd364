"""Something has run out: connections, files, room on a disk. It is said, and mends by itself."""

import contextlib
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psycopg2
import pytest
import requests

from authserver.devservices.postgres import EmbeddedPostgres
from authserver.devservices.redis import EmbeddedValkey
from authserver.storage.connections import libpq_options
from authserver.storage.db import Database
from authserver.wiring import Services
from tests.attacks.rows import attack
from tests.factories.clients import ClientFactory
from tests.factories.users import UserFactory
from tests.support.first_party import FirstParty
from tests.support.live_server import LiveServer, running_server
from tests.support.load import wait_until
from tests.support.mortal import Installation
from tests.support.relying_party import RelyingParty

Running = tuple[LiveServer, Services]
_PROMISED = 2.0 + 0.8


@attack("FT-18")
def test_who_finds_no_connection_free_is_told_so_in_time(
    make_live_server: Callable[..., Running],
) -> None:
    """One connection, and somebody holds the row that it waits for."""
    server, services = make_live_server(workers=1, threads=16, database_pool_size=1)
    user = UserFactory(services)()
    token = FirstParty(server.client()).log_in(user).json["refreshToken"]

    def refresh(_: int) -> tuple[Any, float]:
        started = time.monotonic()
        return FirstParty(server.client()).refresh(token), time.monotonic() - started

    with services.get(Database).transaction() as tx, ThreadPoolExecutor(12) as threads:
        tx.connection().exec_driver_sql("SELECT 1 FROM sessions FOR UPDATE")
        answers = list(threads.map(refresh, range(12)))

    for answer, seconds in answers:
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1"), answer.text
        assert seconds < _PROMISED
    assert FirstParty(server.client()).refresh(token).status_code == 200


@attack("FT-18")
def test_a_worker_that_gets_no_connection_waits_for_one(
    install: Callable[..., Installation],
) -> None:
    """SQLSTATE 53300: PostgreSQL takes nobody any more, and then again."""
    installation = install(workers=1, threads=8)
    server = installation.server
    with contextlib.ExitStack() as taken:
        take_all_connections(installation.postgres.url, taken)
        server.kill_worker()
        # Its successor loads Python for longer than that.
        deadline = time.monotonic() + 0.7
        while time.monotonic() < deadline:
            take_all_connections(installation.postgres.url, taken)
        wait_until(lambda: "worker.waits" in server.log(), 30)

    server.wait_until_ready()
    assert "Traceback" not in server.log()


def take_all_connections(url: str, taken: contextlib.ExitStack) -> None:
    with contextlib.suppress(psycopg2.OperationalError):
        while True:
            taken.enter_context(closing(psycopg2.connect(**libpq_options(url))))


@pytest.fixture
def small_disk(own_folder: Path) -> Iterator[Path]:
    """A file system of its own, of 24 MiB. To mount it one must be root."""
    folder = own_folder / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


@dataclass
class Cramped:
    """A server whose database lies on a small disk; the rest of PostgreSQL lies elsewhere."""

    server: LiveServer
    services: Services
    disk: Path

    def fill(self) -> None:
        with contextlib.suppress(OSError), (self.disk / "filler").open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))

    def make_room(self) -> None:
        (self.disk / "filler").unlink()


@pytest.fixture
def cramped(small_disk: Path, own_folder: Path, valkey: EmbeddedValkey) -> Iterator[Cramped]:
    with EmbeddedPostgres(own_folder, durable=False) as postgres:
        data = small_disk / "data"
        data.mkdir()
        owner = postgres._data.stat()
        os.chown(data, owner.st_uid, owner.st_gid)
        sql(postgres.url, f"CREATE TABLESPACE small LOCATION '{data}'")
        sql(postgres.url, "ALTER ROLE authserver SET default_tablespace = small")
        hash_costs = {"password_hash_memory": 7168, "password_hash_iterations": 1}
        with running_server(own_folder, postgres, valkey, workers=1, **hash_costs) as running:
            yield Cramped(*running, small_disk)


@pytest.fixture
def own_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="authserver-own-") as folder:
        # PostgreSQL, which is somebody else when we are root, must come in.
        Path(folder).chmod(0o755)
        yield Path(folder)


def sql(url: str, statement: str) -> None:
    with closing(psycopg2.connect(**libpq_options(url))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)


@attack("FT-09")
def test_on_a_full_disk_no_token_is_given_whose_session_is_not_stored(cramped: Cramped) -> None:
    """SQLSTATE 53100: 503 until there is room again, and then all goes on without a restart."""
    party = RelyingParty(cramped.server.client(), ClientFactory(cramped.services)())
    user = UserFactory(cramped.services)()
    cramped.fill()

    answers = [party.password(user)]
    while answers[-1].status_code == 200 and len(answers) < 500:
        answers.append(party.password(user))
    refused = answers.pop()
    cramped.make_room()

    assert (refused.status_code, refused.headers.get("Retry-After")) == (503, "1"), refused.text
    assert party.password(user).status_code == 200
    kept = [party.refresh(answer.json["refresh_token"]).status_code for answer in answers]
    assert kept == [200] * len(answers)


class MuteServer(LiveServer):
    """Its log goes to a disk that is full."""

    @property
    def _full(self) -> Path:
        return Path("/dev/full")

    def start(self) -> Self:
        self._log = self._full
        return super().start()

    def log(self) -> str:
        return "The disk of the log is full."


@attack("FT-28")
def test_a_full_disk_for_logs_stops_nobody(
    folder: Path, postgres: EmbeddedPostgres, valkey: EmbeddedValkey
) -> None:
    with running_server(folder, postgres, valkey, kind=MuteServer) as (server, services):
        party = RelyingParty(server.client(), ClientFactory(services)())
        user = UserFactory(services)()

        statuses = {party.password(user).status_code for _ in range(5)}
        statuses |= {party.introspect("x").status_code for _ in range(50)}

    assert statuses == {200}


@attack("FT-27")
def test_a_process_that_may_open_no_more_files_recovers_by_itself(
    make_live_server: Callable[..., Running],
) -> None:
    """CWE-770: it accepts nobody meanwhile, and neither ends nor mixes anything up."""
    server, services = make_live_server(workers=1, threads=8)
    party = RelyingParty(server.client(), ClientFactory(services)())
    token = party.password(UserFactory(services)()).json["refresh_token"]
    (pid,) = server.worker_pids
    taken = len(os.listdir(f"/proc/{pid}/fd"))
    limit_files(pid, taken)

    newcomer = answers(f"{server.base}/livez")
    kept = party.refresh(token)
    limit_files(pid, taken + 500)

    assert (newcomer, kept.status_code) == (False, 200)
    wait_until(lambda: answers(f"{server.base}/livez"), 10)
    assert server.worker_pids == [pid]
    assert party.refresh(kept.json["refresh_token"]).status_code == 200


def limit_files(pid: int, count: int) -> None:
    subprocess.run(["prlimit", "--pid", str(pid), f"--nofile={count}:"], check=True)


def answers(url: str) -> bool:
    with contextlib.suppress(requests.RequestException):
        return requests.get(url, timeout=1).status_code == 200
    return False
