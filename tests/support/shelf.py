"""What a client keeps on its own server: key sets, request objects, lists of redirect URIs.

And where it is told something: each POST that comes is kept. Plain http on the loopback interface,
for servers that were told to allow it.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl


class Shelf:
    """``base`` is its address; ``asked`` is what was fetched, and ``posted`` the forms."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.documents: dict[str, tuple[str, bytes]] = {}
        self.asked: list[str] = []
        self.posted: list[tuple[str, dict[str, str]]] = []

    def put(self, path: str, document: Any, content_type: str = "application/json") -> str:
        """Lay something there, and say where it is; whatever is no text becomes JSON."""
        content = document if isinstance(document, str) else json.dumps(document)
        self.documents[path] = (content_type, content.encode())
        return self.base + path


@contextmanager
def running_shelf() -> Iterator[Shelf]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    shelf = Shelf(f"http://127.0.0.1:{server.server_address[1]}")
    server.shelf = shelf  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield shelf
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        shelf: Shelf = self.server.shelf  # type: ignore[attr-defined]
        shelf.asked.append(self.path)
        found = shelf.documents.get(self.path.partition("?")[0])
        self._answer(200 if found else 404, *(found or ("text/plain", b"")))

    def do_POST(self) -> None:
        shelf: Shelf = self.server.shelf  # type: ignore[attr-defined]
        text = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        shelf.posted.append((self.path, dict(parse_qsl(text))))
        self._answer(200, "text/plain", b"")

    def _answer(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Not into the output of the tests."""
