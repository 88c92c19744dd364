"""granian, told what our settings mean for it: a faster server, of the extra ``granian``.

It parses requests and keeps connections in threads that know nothing of Python, and calls us by
WSGI. What it does otherwise than gunicorn is made good here, or told in
docs/operations/production.md.
"""

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from authserver.cli.addresses import UNIX, host_and_port
from authserver.cli.application import CONNECTIONS, KEEPALIVE, Manner, load_application
from authserver.cli.arrivals import MAX_HEAD
from authserver.cli.metrics_server import metrics_of
from authserver.cli.output import RefusedError
from authserver.cli.parents import end_with_parent
from authserver.http.forwarded import as_x_forwarded_for
from authserver.http.messages import StartResponse, Wsgi
from authserver.observability.logs import catch_strays, configure_logs
from authserver.settings import Settings

# As gunicorn makes them: who may enter the folder may speak to us.
_SOCKET_MODE = 0o777
# Through the same pipe as all others.
_LOGS: dict[str, Any] = {
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"propagate": True}, "granian.access": {"propagate": True}},
}
# By then a worker has set up how it is told to end.
_YOUNG_SECONDS = 2.0
_X_FORWARDED_FOR = "HTTP_X_FORWARDED_FOR"
_FORWARDED = "HTTP_FORWARDED"


@dataclass(frozen=True)
class Adapter:
    """Our application, for requests as granian understands them.

    granian takes ``X_Forwarded_For`` for ``X-Forwarded-For``, and keeps the last of both: whoever
    sends the former through a proxy that lets it pass would choose an address (attack IN-11). The
    name ``Forwarded`` (RFC 7239) cannot be misspelt in this way: it alone counts.
    """

    application: Wsgi

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Any:
        environ[_X_FORWARDED_FOR] = as_x_forwarded_for(environ.get(_FORWARDED, ""))
        return self.application(environ, start_response)


@dataclass(frozen=True)
class Loader:
    """Makes the application in a worker, which may be forked or, from Python 3.14 on, spawned."""

    settings: Settings
    manner: Manner
    master: int

    def __call__(self) -> Adapter:
        # Until granian does: of its master the worker has inherited a handler that ends nothing.
        signal.signal(signal.SIGTERM, _end)
        end_with_parent(self.manner.last_signal, self.master)
        configure_logs(self.settings.log_level, self.settings.log_format)
        catch_strays()
        _forget_variables_like_headers()
        metrics = self.manner.metrics
        return Adapter(load_application(self.settings, self._end_without_master, metrics))

    def _end_without_master(self) -> None:
        if os.getppid() != self.master:
            _end()


class Server(MPServer):
    """Told to end, it tells its youngest workers more than once.

    One that is only just beginning may miss the first signal, and would be waited for in vain. One
    that serves is told once: by a second signal granian can block itself for ever.
    """

    def _stop_workers(self) -> None:
        now, ended = time.monotonic(), threading.Event()
        young = [worker for worker in self.wrks if now - worker.birth < _YOUNG_SECONDS]
        threading.Thread(target=_remind, args=(young, ended), daemon=True).start()
        super()._stop_workers()  # type: ignore[no-untyped-call]
        ended.set()


def _remind(workers: Sequence[Any], ended: threading.Event) -> None:
    while not ended.wait(1.0):
        for worker in workers:
            worker.terminate()


def serve(settings: Settings, manner: Manner) -> None:
    """Serve until told to end. Raises :class:`RefusedError` for an address it cannot listen at."""
    _remove_stale_socket(settings.bind)
    server = Server(**options(settings, manner))
    # After its constructor, which would have set up logs of its own.
    configure_logs(settings.log_level, settings.log_format)
    with metrics_of(settings) as metrics:
        loader = Loader(settings, replace(manner, metrics=metrics), os.getpid())
        server.serve(target_loader=loader, wrap_loader=False)


def options(settings: Settings, manner: Manner) -> dict[str, Any]:
    """granian's settings; what is not here has granian's default."""
    return {
        "target": "authserver",
        **_address(settings.bind),
        "interface": Interfaces.WSGI,
        "workers": settings.workers,
        "blocking_threads": settings.threads,
        # Of all connections, the idle ones as well.
        "backpressure": CONNECTIONS,
        "respawn_failed_workers": True,
        "workers_kill_timeout": manner.graceful_timeout,
        # HTTP/2 is for the proxy.
        "http": HTTPModes.http1,
        "websockets": False,
        # The one time-out is for a head, and for the idle time before it.
        "http1_settings": HTTP1Settings(
            header_read_timeout=KEEPALIVE * 1000, max_buffer_size=MAX_HEAD
        ),
        "log_level": LogLevels(settings.log_level.lower()),
        "log_dictconfig": _LOGS,
    }


def _address(bind: str) -> dict[str, Any]:
    if "," in bind:
        raise RefusedError(
            "invalid_address",
            f"granian listens at one address only. Expected one in AUTHSERVER_BIND, not {bind}.",
        )
    if bind.startswith(UNIX):
        return {"uds": Path(bind.removeprefix(UNIX)), "uds_permissions": _SOCKET_MODE}
    host, port = host_and_port(bind)
    return {"address": host, "port": port}


def _remove_stale_socket(bind: str) -> None:
    """What a server leaves behind that was killed; gunicorn removes it by itself."""
    path = Path(bind.removeprefix(UNIX))
    if bind.startswith(UNIX) and path.is_socket():
        path.unlink()


def _forget_variables_like_headers() -> None:
    """granian lays each request over a copy of the environment: HTTP_HOST would pass for sent."""
    for name in [name for name in os.environ if name.startswith(("HTTP_", "CONTENT_"))]:
        del os.environ[name]


def _end(*_: object) -> NoReturn:
    logging.shutdown()
    sys.exit(0)
