"""Answering Prometheus: ``/metrics``, at an address of its own.

A thread of the parent does it, which answers nobody else. What it says is meant for operators, and
nothing that serves others leads to it.
"""

import os
import socket
import sys
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any, ClassVar

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from authserver.observability.metrics_folder import MetricsFolder, metrics_folder, reading

PATH = "/metrics"
_PATIENCE = 5.0
# So many may ask at once; one more is hung up on.
_PLACES = 8
_AGAIN = 1.0
# So long it takes at most until it is seen that nobody is to be answered any more.
_LOOK = 0.5
log = structlog.get_logger(__name__)


class _Handler(BaseHTTPRequestHandler):
    """``GET /metrics``, and nothing else."""

    timeout = _PATIENCE
    server: "_Server"

    def do_GET(self) -> None:
        if self.path.partition("?")[0] != PATH:
            self._answer(404, "text/plain; charset=utf-8", b"There is nothing but /metrics.\n")
            return
        encode, content_type = choose_encoder(self.headers.get("Accept", ""))
        self._answer(200, content_type, encode(self.server.registry))

    def _answer(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        return "authserver"

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody wants a line for each time that Prometheus asks."""


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    timeout = _LOOK

    def __init__(self, host: str, port: int, folder: MetricsFolder) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self.registry.register(folder)
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._places = threading.BoundedSemaphore(_PLACES)
        self._folder = folder
        super().__init__((host, port), _Handler)

    def service_actions(self) -> None:
        """Whether or not anybody asks: those who ended must not fill the folder."""
        try:
            self._folder.bury()
        except Exception:
            # Prometheus is answered all the same.
            log.exception("metrics.not_buried")

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """A place for so long and no longer, however slowly somebody asks (CWE-400)."""
        deadline = threading.Timer(_PATIENCE, _hang_up, (request,))
        deadline.daemon = True
        deadline.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            deadline.cancel()
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.warning("metrics.not_told", reason=type(sys.exception()).__name__)


def _hang_up(request: socket.socket) -> None:
    with suppress(OSError):
        request.shutdown(socket.SHUT_RDWR)


class Exposition:
    """Listens at an address until it is closed, and in the process that opened it alone."""

    _all: ClassVar["weakref.WeakSet[Exposition]"] = weakref.WeakSet()

    def __init__(self, host: str, port: int, folder: MetricsFolder) -> None:
        self._address = (host, port)
        self._folder = folder
        self._server: _Server | None = None
        self._closed = threading.Event()
        self._all.add(self)
        self._thread = threading.Thread(target=self._serve, name="prometheus", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Answer nobody any more."""
        self._closed.set()
        self._thread.join(_PATIENCE)

    def _serve(self) -> None:
        self._listen()
        if self._server is not None:
            with self._server as server:
                while not self._closed.is_set():
                    server.handle_request()
                    server.service_actions()

    def _listen(self) -> None:
        """The server before us may still be ending: what it does is no reason not to serve."""
        told = False
        while self._server is None and not self._closed.is_set():
            try:
                # Nobody is forked meanwhile, who would keep a socket that ``leave`` does not know.
                with reading:
                    self._server = _Server(*self._address, self._folder)
            except OSError as error:
                if not told:
                    log.warning("metrics.waits", address=self._address, reason=error.strerror)
                told = True
                self._closed.wait(_AGAIN)

    @classmethod
    def leave(cls) -> None:
        """In a child: it neither answers, nor keeps the address from whoever comes after us."""
        for exposition in cls._all:
            if exposition._server is not None:
                exposition._server.socket.close()


@contextmanager
def exposed_metrics(host: str, port: int) -> Iterator[MetricsFolder]:
    """Answer Prometheus there until the end of the block, from the folder."""
    owner = os.getpid()
    with metrics_folder() as folder:
        exposition = Exposition(host, port, folder)
        try:
            yield folder
        finally:
            if os.getpid() == owner:
                exposition.close()


def _in_child() -> None:
    reading.release()
    Exposition.leave()


os.register_at_fork(
    before=reading.acquire, after_in_parent=reading.release, after_in_child=_in_child
)
