"""What becomes of jobs when the worker that does them ends, in whichever way."""

import contextlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from authserver.bootstrap import bootstrap
from authserver.devservices.postgres import EmbeddedPostgres
from authserver.errors import Unavailable
from authserver.sessions.logout_notices import BACK_CHANNEL_LOGOUT
from authserver.settings import Settings
from authserver.storage.db import Database
from authserver.storage.jobs import JobQueue
from authserver.storage.migrations import migrate
from authserver.wiring import Services, build
from tests.factories.clients import ClientFactory
from tests.support.live_server import ROOT
from tests.support.logout_receiver import LogoutReceiver, logout_receiver
from tests.support.worker_process import WorkerProcess

_SECONDS = 30.0
LONE_WORKER = """
import sys
from authserver.storage.job_worker import JobWorker
JobWorker(sys.argv[1], ()).run()
"""


@dataclass
class Workplace:
    """A database with jobs in it, and a client that the jobs call."""

    services: Services
    receiver: LogoutReceiver
    values: dict[str, Any]
    folder: Path

    def worker(self, name: str = "worker") -> WorkerProcess:
        return WorkerProcess(self.values, self.folder / f"{name}.log")

    def leave_job(self) -> None:
        client = ClientFactory(self.services)(backchannel_logout_uri=self.receiver.uri)
        arguments = {
            "client_id": client.client_id,
            "user_id": str(uuid4()),
            "browser_session_id": str(uuid4()),
        }
        with self.services.get(Database).transaction() as tx:
            JobQueue().enqueue(tx, BACK_CHANNEL_LOGOUT, arguments)

    def sql(self, statement: str) -> list[Any]:
        with self.services.get(Database).engine.begin() as connection:
            result = connection.execute(text(statement))
            return list(result) if result.returns_rows else []

    def jobs(self) -> list[str]:
        """Without those that come by the clock, which may be any minute."""
        rows = self.sql(
            "SELECT status::text FROM procrastinate_jobs WHERE queueing_lock IS NULL ORDER BY id"
        )
        return [row[0] for row in rows]


@contextlib.contextmanager
def workplace_on(url: str, folder: Path) -> Iterator[Workplace]:
    migrate(url)
    values = {
        "issuer": "http://localhost:8000",
        "database_url": url,
        "keys_dir": folder / "keys",
        "outbound_allowed_hosts": ["127.0.0.1"],
    }
    services = build(Settings(**values))
    bootstrap(services)
    try:
        with logout_receiver() as receiver:
            yield Workplace(services, receiver, values, folder)
    finally:
        services.get(Database).close()


@pytest.fixture
def workplace(postgres, tmp_path) -> Iterator[Workplace]:
    with workplace_on(postgres.create_database(f"jobs_{uuid4().hex[:12]}"), tmp_path) as workplace:
        yield workplace


@pytest.fixture
def own_postgres() -> Iterator[EmbeddedPostgres]:
    """One that a test may kill."""
    with (
        tempfile.TemporaryDirectory(prefix="authserver-own-") as folder,
        EmbeddedPostgres(Path(folder)) as server,
    ):
        yield server


def until(condition: Callable[[], object]) -> None:
    """Wait until it holds. Raises AssertionError when it does not."""
    deadline = time.monotonic() + _SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def test_the_job_of_a_killed_worker_is_done_by_the_next(workplace):
    go_on = Event()
    workplace.receiver.before_answer = lambda: go_on.wait(_SECONDS)
    workplace.leave_job()
    with workplace.worker("first") as first:
        until(lambda: workplace.receiver.forms)
        first.signal(signal.SIGKILL)
        first.wait()
    go_on.set()
    # As if so much time had passed that nobody takes it for alive.
    workplace.sql("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 hour'")

    with workplace.worker("second"):
        until(lambda: workplace.jobs() == [])

    assert len(workplace.receiver.tokens) == 2


def test_a_worker_that_is_told_to_end_ends_its_job_first(workplace):
    begun, go_on = Event(), Event()
    workplace.receiver.before_answer = lambda: (begun.set(), go_on.wait(_SECONDS))
    workplace.leave_job()
    with workplace.worker() as worker:
        assert begun.wait(_SECONDS)

        worker.signal(signal.SIGTERM)
        time.sleep(0.3)
        go_on.set()

        assert worker.wait() == 0
    assert workplace.jobs() == []
    assert len(workplace.receiver.tokens) == 1


def test_an_idle_worker_ends_at_once(workplace):
    with workplace.worker() as worker:
        until(lambda: workplace.sql("SELECT 1 FROM procrastinate_workers"))
        started = time.monotonic()

        worker.signal(signal.SIGTERM)

        assert worker.wait() == 0
        assert time.monotonic() - started < 5
    assert workplace.sql("SELECT 1 FROM procrastinate_workers") == []


def test_a_worker_ends_that_is_told_to_before_it_has_a_connection():
    """What it has begun by then must not keep it: PostgreSQL takes its time to answer."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/nothing"
        with subprocess.Popen([sys.executable, "-c", LONE_WORKER, url], cwd=ROOT) as worker:
            connection, _ = silent.accept()

            worker.terminate()

            try:
                assert worker.wait(20) == 0
            finally:
                worker.kill()
        connection.close()


def test_a_job_is_begun_as_soon_as_it_is_left(workplace):
    """The worker is told by PostgreSQL, and does not only look now and then."""
    with workplace.worker():
        until(lambda: workplace.sql("SELECT 1 FROM procrastinate_workers"))
        time.sleep(1)  # Until it listens.
        started = time.monotonic()

        workplace.leave_job()
        until(lambda: workplace.receiver.forms)

        assert time.monotonic() - started < 3


def test_a_worker_outlives_postgresql(own_postgres, tmp_path):
    with workplace_on(own_postgres.url, tmp_path) as workplace, workplace.worker() as worker:
        until(lambda: workplace.sql("SELECT 1 FROM procrastinate_workers"))
        own_postgres.kill()
        time.sleep(2)

        own_postgres.start()
        until(lambda: tried(workplace.leave_job))
        until(lambda: workplace.receiver.forms)

        worker.signal(signal.SIGTERM)
        assert worker.wait() == 0
        assert "Traceback" not in worker.log()


def tried(deed: Callable[[], None]) -> bool:
    """Whether it could be done; connections of before may still be broken."""
    with contextlib.suppress(Unavailable, SQLAlchemyError):
        deed()
        return True
    return False


def test_a_worker_that_starts_without_postgresql_waits_for_it(own_postgres, tmp_path):
    with workplace_on(own_postgres.url, tmp_path) as workplace:
        workplace.leave_job()
        own_postgres.kill()
        with workplace.worker() as worker:
            until(lambda: "worker.waits" in worker.log())
            own_postgres.start()

            until(lambda: workplace.receiver.forms)
