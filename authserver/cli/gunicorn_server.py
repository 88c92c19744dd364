"""gunicorn, told what our settings mean for it."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from authserver.app import create_app
from authserver.cli.parents import end_with_parent
from authserver.errors import Unavailable
from authserver.maintenance import maintain_in_background
from authserver.settings import Settings
from authserver.signing.service import SigningService
from authserver.storage.db import Database
from authserver.storage.migrations import check_schema
from authserver.wiring import build

# Longer than proxies keep their connections (60 s at nginx and at AWS), or they would send requests
# into one that we are just closing.
_KEEPALIVE = 75
# For gunicorn's signs of life: on a slow disk a worker would seem to hang.
_MEMORY = Path("/", "dev", "shm")
_PAUSE = 0.5

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Manner:
    """How the server is to end: in production in good order, in development at once."""

    graceful_timeout: int = 30
    last_signal: signal.Signals = signal.SIGTERM


def check_start(settings: Settings) -> None:
    """Find out, before any worker is made, whether the server can do its work.

    Raises KeyStoreError, SchemaError, SigningKeysError and Unavailable. No connection stays open:
    after the fork it would be everybody's.
    """
    services = build(settings)
    database = services.get(Database)
    try:
        check_schema(database)
        services.get(SigningService).ring()
    finally:
        database.close()


def serve(settings: Settings, manner: Manner) -> None:
    """Serve until told to end; does not return."""
    GunicornServer(settings, manner).run()


class OurLogger(Logger):  # type: ignore[misc]
    """gunicorn's events through the same pipe as all others: one form, one redaction."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.propagate = True

    def _set_handler(self, *_: Any, **__: Any) -> None:
        """No handler beside that of the root logger."""


class GunicornServer(BaseApplication):  # type: ignore[misc]
    """The master process, and in each worker the way to the application."""

    def __init__(self, settings: Settings, manner: Manner) -> None:
        self._settings = settings
        self._manner = manner
        self._master = os.getpid()
        super().__init__()

    def load_config(self) -> None:
        for name, value in options(self._settings, self._manner).items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The application of one worker.

        A worker that starts while PostgreSQL is away waits for it: if it failed, gunicorn would
        end the others with it, and these can still serve the keys.
        """
        services = build(self._settings)
        told = False
        while True:
            try:
                application = create_app(self._settings, services)
                break
            except Unavailable as error:
                if not told:
                    log.warning("worker.waits", reason=error.detail)
                told = True
                time.sleep(_PAUSE)
                self._end_without_master()
        maintain_in_background(services)
        return application

    def _end_without_master(self) -> None:
        """gunicorn notes a signal, and acts on it when the worker serves: this one does not yet."""
        if os.getppid() != self._master:
            raise SystemExit(0)


def options(settings: Settings, manner: Manner) -> dict[str, Any]:
    """gunicorn's settings; what is not here has gunicorn's default."""

    def post_fork(_: Any, worker: Any) -> None:
        end_with_parent(manner.last_signal, worker.ppid)

    return {
        "bind": settings.bind.split(","),
        "workers": settings.workers,
        "worker_class": "gthread",
        "threads": settings.threads,
        "keepalive": _KEEPALIVE,
        "graceful_timeout": manner.graceful_timeout,
        "worker_tmp_dir": str(_MEMORY) if os.access(_MEMORY, os.W_OK) else None,
        "control_socket_disable": True,
        "limit_request_line": 8190,
        "limit_request_fields": 100,
        "limit_request_field_size": 16380,
        # Nobody's X-Forwarded-Proto or SCRIPT_NAME is believed: the issuer is configuration.
        "forwarded_allow_ips": "",
        "secure_scheme_headers": {},
        "forwarder_headers": "",
        "header_map": "drop",
        # The C parser takes a bare line feed for the end of a line (docs/adr/0010).
        "http_parser": "python",
        "loglevel": settings.log_level.lower(),
        "logger_class": OurLogger,
        "post_fork": post_fork,
    }
