"""The server as it runs in production: gunicorn, or granian, with two worker processes on a port
of its own.

For what a test client cannot show: what workers share and what they do not, restarts, bodies that
come in pieces. Each server has a bootstrapped database of its own. A conftest that wants one
imports the fixtures ``make_live_server`` and ``live_server`` from here.
"""

import contextlib
import ctypes
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest
import requests
from requests.adapters import HTTPAdapter

from authserver.bootstrap import bootstrap
from authserver.devservices.postgres import EmbeddedPostgres
from authserver.devservices.redis import EmbeddedValkey
from authserver.settings import PREFIX, Settings
from authserver.storage.db import Database
from authserver.storage.migrations import migrate
from authserver.wiring import Services, build

ROOT = Path(__file__).parents[2]
_START_SECONDS = 30.0
# Of the log of a server, when a test fails: so many characters of its end.
_SHOWN = 5000
_STOP_SECONDS = 40.0
_PR_SET_PDEATHSIG = 1
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


class LiveServer:
    """``authserver serve``; ``settings_env`` are names of settings in lower case and their values.

    ``base`` is the issuer as well. Stopped and started again it is the same server: the same port,
    the same database, a longer log.
    """

    def __init__(
        self,
        settings_env: dict[str, Any],
        folder: Path,
        workers: int = 2,
        program: str = "gunicorn",
    ) -> None:
        self._program = program
        self._port = free_port()
        self.base = f"http://127.0.0.1:{self._port}"
        self.settings_env: dict[str, Any] = {
            "issuer": self.base,
            "bind": f"127.0.0.1:{self._port}",
            "workers": workers,
            "threads": 8,
        } | settings_env
        self._log = folder / f"server-{self._port}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start, and return when ``/readyz`` says so."""
        self.begin()
        self.wait_until_ready()
        return self

    def begin(self) -> None:
        """Start, and wait for nothing."""
        with self._log.open("ab") as log:
            # The kernel ends the server together with the thread that started it.
            self._process = subprocess.Popen(
                self._command(),
                cwd=ROOT,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=_die_with_the_tests,
            )

    def stop(self) -> int | None:
        """End all its processes, and wait until they are gone; the exit code."""
        if self._process is None:
            return None
        self.ask_to_end()
        try:
            code = self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._process = None
        return code

    def ask_to_end(self) -> None:
        """SIGTERM: it answers what it has begun with, and ends."""
        assert self._process is not None
        self._process.terminate()

    def kill(self) -> None:
        """End its first process as the kernel would, and leave the others to themselves."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def wait_until_ready(self) -> None:
        """Raises AssertionError with the end of the log when it does not become ready."""
        deadline = time.monotonic() + _START_SECONDS
        while not self._is_ready():
            ended = self._process is None or self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                raise AssertionError(f"The server is not ready. Its log:\n{self.log()[-3000:]}")
            time.sleep(0.05)

    @property
    def worker_pids(self) -> list[int]:
        """The processes that answer requests."""
        assert self._process is not None
        master = self._process.pid
        children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        return [int(pid) for pid in children]

    def kill_worker(self) -> int:
        """End one worker as the kernel would; gunicorn starts another one. Its former id."""
        pid = self.worker_pids[0]
        os.kill(pid, signal.SIGKILL)
        return pid

    def log(self) -> str:
        """Everything that all its processes have said so far."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def client(self) -> "LiveClient":
        """A client that keeps its connections; make one for each thread."""
        return LiveClient(self.base)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _command(self) -> list[str]:
        return [sys.executable, "-m", "authserver", "serve", "--server", self._program]

    def _environment(self) -> dict[str, str]:
        ours = {PREFIX + name.upper(): _text(value) for name, value in self.settings_env.items()}
        foreign = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        return foreign | {"PYTHONUNBUFFERED": "1"} | ours

    def _is_ready(self) -> bool:
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"{self.base}/readyz", timeout=2).status_code == 200
        return False


class LiveAnswer:
    """A response with the attributes that tests know from Flask's."""

    def __init__(self, response: requests.Response) -> None:
        self.status_code = response.status_code
        self.headers = response.headers
        self.text = response.text
        self.data = response.content
        self._response = response

    @property
    def json(self) -> Any:
        return self._response.json()


class LiveClient:
    """Flask's test client over a real connection, as far as :class:`RelyingParty` needs it."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._session = requests.Session()
        self._session.mount("http://", HTTPAdapter(max_retries=0, pool_maxsize=1))

    def open(self, path: str, **kwargs: Any) -> LiveAnswer:
        """``method``, ``headers``, ``data``, ``json``; redirects are not followed."""
        method = kwargs.pop("method", "GET")
        options = {"timeout": 10, "allow_redirects": False} | kwargs
        return LiveAnswer(self._session.request(method, self._base + path, **options))

    def get(self, path: str, **kwargs: Any) -> LiveAnswer:
        return self.open(path, method="GET", **kwargs)

    def post(self, path: str, **kwargs: Any) -> LiveAnswer:
        return self.open(path, method="POST", **kwargs)


def _text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _die_with_the_tests() -> None:
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def running_server(
    folder: Path,
    postgres: EmbeddedPostgres,
    valkey: EmbeddedValkey,
    *,
    program: str = "gunicorn",
    kind: type[LiveServer] = LiveServer,
    **settings: Any,
) -> Iterator[tuple[LiveServer, Services]]:
    """A server on a new, bootstrapped database, and services on the same one."""
    url = postgres.create_database(f"live_{secrets.token_hex(6)}")
    migrate(url)
    values = {"database_url": url, "redis_url": valkey.url, "keys_dir": folder / "keys"}
    server = kind(values | settings, folder, program=program)
    services = build(Settings(**server.settings_env))
    try:
        bootstrap(services)
        yield server.start(), services
    finally:
        server.stop()
        if "PYTEST_CURRENT_TEST" in os.environ:
            # Shown for tests that fail.
            sys.stdout.write(server.log()[-_SHOWN:])
        services.get(Database).close()


@pytest.fixture
def make_live_server(
    folder: Path, postgres: EmbeddedPostgres, valkey: EmbeddedValkey
) -> Iterator[Callable[..., tuple[LiveServer, Services]]]:
    """``make_live_server(refresh_leeway=0)``: a server with settings of its own."""
    with contextlib.ExitStack() as made:
        yield lambda **settings: made.enter_context(
            running_server(folder, postgres, valkey, **settings)
        )


@pytest.fixture(scope="session")
def live_server(
    folder: Path, postgres: EmbeddedPostgres, valkey: EmbeddedValkey
) -> Iterator[tuple[LiveServer, Services]]:
    """The one with the settings of every installation; all tests share it, and leave it running."""
    with running_server(folder, postgres, valkey) as running:
        yield running
