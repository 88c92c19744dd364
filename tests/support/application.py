"""An application that people sign in to: it listens, and keeps what browsers bring to it."""

import base64
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

VERIFIER = "a-verifier-that-is-long-enough-for-rfc-7636-and-no-secret"
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
)


class Application:
    """``arrivals`` are the answers that came to its redirect URI, each as a dictionary."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.redirect_uri = f"{base}/cb"
        self.arrivals: list[dict[str, str]] = []

    def request(self, client_id: str, **parameters: str) -> str:
        """The address, without its host, that the application sends a browser to."""
        values = {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "openid",
            "state": "the-state",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return f"/oauth2/authorize?{urlencode(values | parameters)}"


@contextmanager
def running_application() -> Iterator[Application]:
    """On a port of its own, so that it is another origin than the server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    application = Application(f"http://127.0.0.1:{server.server_address[1]}")
    server.application = application  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield application
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.path == "/cb":
            self._keep(address.query)
        self._answer()

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        self._keep(self.rfile.read(length).decode())
        self._answer()

    def _keep(self, form: str) -> None:
        self.server.application.arrivals.append(dict(parse_qsl(form)))  # type: ignore[attr-defined]

    def _answer(self) -> None:
        body = b"<!doctype html><html lang=en><title>Application</title><h1>Arrived</h1>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Not into the output of the tests."""
