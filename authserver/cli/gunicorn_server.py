"""gunicorn, told what our settings mean for it."""

import os
import select
from dataclasses import replace
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from authserver.cli.application import CONNECTIONS, KEEPALIVE, Manner, load_application
from authserver.cli.metrics_server import metrics_of
from authserver.cli.parents import end_with_parent
from authserver.settings import Settings

# For gunicorn's signs of life: on a slow disk a worker would seem to hang.
_MEMORY = Path("/", "dev", "shm")


def serve(settings: Settings, manner: Manner) -> None:
    """Serve until told to end; does not return."""
    with metrics_of(settings) as metrics:
        GunicornServer(settings, replace(manner, metrics=metrics)).run()


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
        """The application of one worker."""
        return load_application(self._settings, self._end_without_master, self._manner.metrics)

    def _end_without_master(self) -> None:
        """gunicorn notes a signal, and acts on it when the worker serves: this one does not yet."""
        if os.getppid() != self._master:
            raise SystemExit(0)


def _worker_class() -> Any:
    """Ours, where there is epoll; on a developer's macOS gunicorn's own."""
    if not hasattr(select, "epoll"):
        return "gthread"
    from authserver.cli.gunicorn_worker import Worker

    return Worker


def options(settings: Settings, manner: Manner) -> dict[str, Any]:
    """gunicorn's settings; what is not here has gunicorn's default."""

    def post_fork(_: Any, worker: Any) -> None:
        end_with_parent(manner.last_signal, worker.ppid)

    return {
        "bind": settings.bind.split(","),
        "workers": settings.workers,
        "worker_class": _worker_class(),
        "threads": settings.threads,
        "worker_connections": CONNECTIONS,
        "keepalive": KEEPALIVE,
        # Not all at the same time.
        "max_requests": settings.worker_requests,
        "max_requests_jitter": settings.worker_requests // 10,
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
