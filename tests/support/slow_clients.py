"""Clients that begin a request and do not go on (CWE-400, "Slowloris"), and one beside them."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from tests.factories.clients import TestClient
from tests.support.relying_party import FORM, basic

HEAD = b"POST /oauth2/token HTTP/1.1\r\nHost: id.example.com\r\nContent-Type: application/x-www-fo"
BODY = (
    b"POST /oauth2/token HTTP/1.1\r\nHost: id.example.com\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\ngrant_type="
)
# For certificates of the tests' own.
_TLS = ssl._create_unverified_context()  # noqa: S323
_PAUSE = 0.05
_PATIENCE = 5.0


@contextlib.contextmanager
def slow_clients(base: str, count: int, begun: bytes) -> Iterator[None]:
    """``count`` connections, on each of which ``begun`` was sent and nothing more is."""
    parts = urlsplit(base)
    address = (str(parts.hostname), int(parts.port or 0))
    with contextlib.ExitStack() as opened:
        for _ in range(count):
            connection = opened.enter_context(socket.create_connection(address, timeout=10))
            if parts.scheme == "https":
                connection = opened.enter_context(_TLS.wrap_socket(connection))
            connection.sendall(begun)
        yield


def ask_beside(base: str, client: TestClient, seconds: float) -> list[float | None]:
    """Every 50 ms a token, each from a new connection: how long it took, None if it failed."""
    times: list[float | None] = []

    def ask() -> None:
        started = time.monotonic()
        took: float | None = None
        with contextlib.suppress(OSError, HTTPException):
            if _ask_for_token(base, client) == 200:
                took = time.monotonic() - started
        times.append(took)

    threads = []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        thread = threading.Thread(target=ask)
        thread.start()
        threads.append(thread)
        time.sleep(_PAUSE)
    for thread in threads:
        thread.join()
    return times


def _ask_for_token(base: str, client: TestClient) -> int:
    parts = urlsplit(base)
    to = (str(parts.hostname), parts.port)
    connection = (
        HTTPSConnection(*to, timeout=_PATIENCE, context=_TLS)
        if parts.scheme == "https"
        else HTTPConnection(*to, timeout=_PATIENCE)
    )
    headers = {"Content-Type": FORM, **basic(client.client_id, client.secret or "")}
    with contextlib.closing(connection):
        connection.request("POST", "/oauth2/token", b"grant_type=client_credentials", headers)
        return connection.getresponse().status
