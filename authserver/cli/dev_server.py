"""The development server: embedded servers, preparation, gunicorn and a worker as children.

This process works on nothing itself once all is up. It waits, and sees to it that the others end
with it: in good order when it is told to, and by the kernel when it is killed.
"""

import contextlib
import dataclasses
import os
import signal
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, NoReturn

from authserver.cli.addresses import refuse_if_taken
from authserver.cli.dev_box import show_box
from authserver.cli.dev_newcomers import make_newcomers
from authserver.cli.found_settings import read_dotenv, save_settings
from authserver.cli.output import RefusedError
from authserver.cli.parents import end_with_parent as ask_to_end_with_parent
from authserver.cli.services import services_of
from authserver.devservices.postgres import EmbeddedPostgres
from authserver.devservices.redis import EmbeddedValkey
from authserver.devservices.supervision import FolderLock
from authserver.settings import load_settings

if TYPE_CHECKING:
    from authserver.settings import Settings

_HOST = "127.0.0.1"
_LAST_PORT = 65535
_NAME_OF_DATABASE = "AUTHSERVER_DATABASE_URL"
_NAME_OF_REDIS = "AUTHSERVER_REDIS_URL"
_LAST_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StoppedError(BaseException):
    """Somebody told us to end."""


def run(port: int, var: Path, output: str, *, end_with_parent: bool) -> None:
    """Serve on ``port`` until told to end. Raises :class:`RefusedError`."""
    if end_with_parent:
        ask_to_end_with_parent(signal.SIGTERM)
    for number in _LAST_SIGNALS:
        signal.signal(number, _stop)
    with contextlib.suppress(StoppedError):
        _run(port, var, output)


def _run(port: int, var: Path, output: str) -> None:
    read_dotenv()
    lock = FolderLock(var)
    if not lock.acquire():
        raise _already_running(lock, var)
    another = 8000 if port == _LAST_PORT else port + 1
    refuse_if_taken(
        f"{_HOST}:{port}",
        f"Stop the program that does, or choose another port: make run PORT={another}",
    )
    imports = _import_meanwhile("authserver.cli.server_process")
    with contextlib.ExitStack() as servers:
        settings = _settings(port, var, servers)
        imports.join()
        from authserver.cli import server_process as processes
        from authserver.cli.telemetry import load_telemetry

        load_telemetry(settings)
        _prepare(settings)
        # Both are forked from this thread, before there are any others.
        server = servers.enter_context(processes.server_process(settings, var / "authserver.log"))
        worker = servers.enter_context(processes.worker_process(settings, var / "worker.log"))
        save_settings(var, settings)
        with services_of(settings) as services:
            newcomers = make_newcomers(services)
        processes.wait_until_ready(server, settings)
        lock.note(settings.issuer)
        show_box(settings, newcomers, var, output)
        processes.wait_for_the_end([server, worker])


def _settings(port: int, var: Path, servers: contextlib.ExitStack) -> "Settings":
    """The settings, with embedded servers for those that the developer did not name."""
    own = {
        "environment": "development",
        "log_format": "console",
        "keys_dir": var / "keys",
        # Test suites register a client for each of their tests.
        "client_registration": "open",
        "client_registration_limit": "10000/hour",
    }
    if not _is_set(_NAME_OF_DATABASE):
        own["database_url"] = servers.enter_context(EmbeddedPostgres(var)).url
    if not _is_set(_NAME_OF_REDIS):
        own["redis_url"] = servers.enter_context(EmbeddedValkey(var)).url
    settings = load_settings(**{"issuer": f"http://{_HOST}:{port}"} | own)
    return dataclasses.replace(settings, environment="development", bind=f"{_HOST}:{port}")


def _prepare(settings: "Settings") -> None:
    """Schema, roles, keys. Nothing of it stays open: the server is forked from this process."""
    from authserver.bootstrap import bootstrap
    from authserver.storage.migrations import migrate

    migrate(settings.database_url)
    with services_of(settings) as services:
        bootstrap(services)


def _is_set(name: str) -> bool:
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


def _import_meanwhile(name: str) -> Thread:
    """Load what the server needs while the database starts."""
    thread = Thread(target=import_module, args=(name,), name="imports", daemon=True)
    thread.start()
    return thread


def _already_running(lock: FolderLock, var: Path) -> RefusedError:
    address = lock.read()
    where = f"at {address}" if address else f"in {var} and about to be ready"
    return RefusedError("already_running", f"Authserver is already running {where}.")


def _stop(*_: object) -> NoReturn:
    """Unwind from wherever we are, once: what comes after must not be disturbed."""
    for number in _LAST_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise StoppedError
