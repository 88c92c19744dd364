"""granian, told what our settings mean for it: a faster server, of the extra ``granian``.

It parses requests and keeps connections in threads that know nothing of Python, and calls us by
WSGI. What it does otherwise than gunicorn is made good here, or told in
docs/operations/production.md.
"""

import logging
import os
import signal
import threading
from collections.abc import Callable
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
_ENDING = (signal.SIGTERM, signal.SIGINT)
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
        _listen_for_end()
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
    """A signal that comes while a worker only just begins waits until that one listens."""

    def _spawn_worker(self, *arguments: Any, **named: Any) -> Any:
        worker: Any = super()._spawn_worker(*arguments, **named)
        worker.start = _with_signals_held_back(worker.start)
        return worker


def _with_signals_held_back(start: Callable[[], None]) -> Callable[[], None]:
    """What is started so begins with the signals blocked that end it."""

    def started() -> None:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
        try:
            start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    return started


def _listen_for_end() -> None:
    """Take the signals that end a worker in a thread of its own, which has nothing else to do.

    Python runs handlers in the main thread, and granian's does nothing but wait there: a signal
    that comes as it begins to wait can block it for ever, and so can a second one.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    for number in _ENDING:
        # Until granian does: of its master the worker has inherited one that ends nothing.
        signal.signal(number, _end)
    threading.Thread(target=_pass_on, name="signals", daemon=True).start()


def _pass_on() -> NoReturn:
    while True:
        number = signal.sigwait(_ENDING)
        handler = signal.getsignal(number)
        if callable(handler):
            handler(number, None)


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
    """Whoever serves nothing yet has nothing to finish."""
    logging.shutdown()
    os._exit(0)
