"""A server that takes whatever is posted to it, as a collector of telemetry does."""

import gzip
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

_SECONDS = 15.0


@dataclass(frozen=True)
class Posted:
    """One request; the body is unpacked already."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class HttpSink:
    """Keeps what was posted; ``hold`` it and it answers nobody any more.

    ``answer`` makes the body of an answer, which is JSON.
    """

    answer: Callable[[Posted], bytes] = lambda _: b"{}"
    posted: list[Posted] = field(default_factory=list)
    may_answer: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self.may_answer.set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.may_answer.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def hold(self) -> None:
        """Take in what comes, and keep its sender waiting."""
        self.may_answer.clear()

    def wait_for(self, enough: Callable[[list[Posted]], bool]) -> list[Posted]:
        """What was posted, once it is enough."""
        deadline = time.monotonic() + _SECONDS
        while not enough(self.posted):
            assert time.monotonic() < deadline, f"only {len(self.posted)} came"
            time.sleep(0.02)
        return list(self.posted)


def _handler(sink: HttpSink) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            headers = {name.lower(): value for name, value in self.headers.items()}
            posted = Posted(self.path, headers, body)
            sink.posted.append(posted)
            sink.may_answer.wait(30)
            answer = sink.answer(posted)
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
