"""The back channel of a client: a real server that takes logout tokens."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs


class LogoutReceiver:
    """``tokens`` are those that came, ``statuses`` what is answered next; then 200.

    ``before_answer`` is called for each request before it is answered.
    """

    def __init__(self, port: int) -> None:
        self.uri = f"http://127.0.0.1:{port}/backchannel"
        self.forms: list[dict[str, list[str]]] = []
        self.content_types: list[str] = []
        self.statuses: list[int] = []
        self.before_answer: Callable[[], object] = lambda: None

    @property
    def tokens(self) -> list[str]:
        return [form["logout_token"][0] for form in self.forms]


@contextmanager
def logout_receiver() -> Iterator[LogoutReceiver]:
    """A server on a port of its own, in a thread."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    receiver = LogoutReceiver(int(server.server_address[1]))
    server.receiver = receiver  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        receiver: LogoutReceiver = self.server.receiver  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        receiver.forms.append(parse_qs(body, strict_parsing=True))
        receiver.content_types.append(self.headers.get("Content-Type", ""))
        receiver.before_answer()
        self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Not into the output of the tests."""
