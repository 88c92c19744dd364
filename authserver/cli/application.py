"""The application as each worker process of a server loads it."""

import ctypes
import resource
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog
from flask import Flask

from authserver.app import create_app
from authserver.cli.telemetry import follow_services, start_telemetry
from authserver.errors import Unavailable
from authserver.gauges import SERVER, record
from authserver.jobs import jobs
from authserver.maintenance import maintain_in_background
from authserver.settings import Settings
from authserver.signing.installation_secret import InstallationSecret
from authserver.signing.service import SigningService
from authserver.storage.db import Database
from authserver.storage.migrations import check_schema
from authserver.warm_start import warm_up
from authserver.wiring import Services, build

# Longer than proxies keep their connections (60 s at nginx and at AWS), or they would send requests
# into one that we are just closing.
KEEPALIVE = 75
# Of one worker, the idle ones as well.
CONNECTIONS = 1000
# As many again that are being closed, and what else there is.
_FILES = 4096
_PAUSE = 0.5
# malloc.h of glibc.
_M_ARENA_MAX = -8

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Manner:
    """How the server is to end, in production in good order, in development at once; and whether it
    is watched."""

    graceful_timeout: int = 30
    last_signal: signal.Signals = signal.SIGTERM
    # Where its processes leave what they have counted, if anybody wants to know.
    metrics: Path | None = None


def allow_many_files() -> None:
    """Raise the limit on open files as far as need be and may be: 1024 is the usual one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def share_memory_among_threads() -> None:
    """Have glibc give all threads two heaps: with one each, what one has freed helps no other."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


def check_start(settings: Settings) -> None:
    """Find out, before any worker is made, whether the server can do its work.

    Raises KeyStoreError, SchemaError, SigningKeysError and Unavailable. No connection stays open:
    after the fork it would be everybody's.
    """
    share_memory_among_threads()
    services = build(settings)
    database = services.get(Database)
    try:
        check_schema(database)
        services.get(SigningService).ring()
        services.get(InstallationSecret).read()
    finally:
        database.close()


def load_application(
    settings: Settings, end_if_alone: Callable[[], None], metrics: Path | None = None
) -> Flask:
    """The application of one worker, warm.

    A worker that starts while PostgreSQL is away waits for it: if it failed, the server would end
    the others with it, and these can still serve the keys. ``end_if_alone`` is asked meanwhile; it
    ends the process when there is nobody left to work for.
    """
    start_telemetry(settings)
    services = build(settings)
    follow_services(services)
    if metrics is not None:
        record(services, metrics, SERVER, jobs(services))
    application = _create(settings, services, end_if_alone)
    maintain_in_background(services)
    return application


def _create(settings: Settings, services: Services, end_if_alone: Callable[[], None]) -> Flask:
    told = False
    while True:
        try:
            application = create_app(settings, services)
            warm_up(application, services)
        except Unavailable as error:
            if not told:
                log.warning("worker.waits", reason=error.detail)
            told = True
            time.sleep(_PAUSE)
            end_if_alone()
        else:
            return application
