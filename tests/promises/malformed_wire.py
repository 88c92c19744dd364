"""Requests as bytes: what HTTP libraries would refuse to send as well."""

import socket
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit

from tests.promises.target import PATIENCE

# What no parser can tell the end of is for tests/attacks/test_raw_http_attacks.py.
_FRAMING = frozenset({"content-length", "transfer-encoding"})


@dataclass(frozen=True)
class Message:
    """A request; ``chunked`` is how its body is sent."""

    method: str
    target: bytes
    headers: tuple[tuple[str, str], ...]
    body: bytes
    chunked: bool = False

    def __str__(self) -> str:
        how = " chunked" if self.chunked else ""
        return f"{self.method} {self.target!r} {self.headers!r} {self.body!r}{how}"

    def encode(self, host: str) -> bytes:
        lines = [self.method.encode() + b" " + self.target + b" HTTP/1.1"]
        headers = [pair for pair in self.headers if pair[0].lower() not in _FRAMING]
        if not any(name.lower() == "host" for name, _ in headers):
            headers.insert(0, ("Host", host))
        lines += [_line(name) + b": " + _line(value) for name, value in headers]
        body = self.body
        if self.chunked:
            lines.append(b"Transfer-Encoding: chunked")
            body = _in_chunks(body)
        elif body or self.method in ("POST", "PUT", "PATCH"):
            lines.append(b"Content-Length: %d" % len(body))
        return b"\r\n".join(lines) + b"\r\n\r\n" + body


class Wire:
    """One connection after the other, each for as long as the server likes it."""

    def __init__(self, base: str) -> None:
        parts = urlsplit(base)
        self._address = str(parts.hostname), int(parts.port or 80)
        self._socket: socket.socket | None = None

    def send(self, message: Message) -> tuple[int, bytes]:
        """Status and body; status 0 and the reason when there was no answer, at the second attempt.

        A server may close a connection just when the next request comes.
        """
        try:
            return self._exchange(message)
        except (OSError, HTTPException):
            self.close()
        try:
            return self._exchange(message)
        except (OSError, HTTPException) as error:
            self.close()
            return 0, repr(error).encode()

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def _exchange(self, message: Message) -> tuple[int, bytes]:
        if self._socket is None:
            self._socket = socket.create_connection(self._address, timeout=PATIENCE)
        self._socket.sendall(message.encode(f"{self._address[0]}:{self._address[1]}"))
        answer = HTTPResponse(self._socket, method=message.method)
        answer.begin()
        body = answer.read()
        if answer.will_close:
            self.close()
        return answer.status, body


def _line(text: str) -> bytes:
    """One line of a head, whatever is in it."""
    return text.replace("\r", " ").replace("\n", " ").encode("utf-8", "surrogatepass")


def _in_chunks(body: bytes) -> bytes:
    half = len(body) // 2
    pieces = [piece for piece in (body[:half], body[half:]) if piece]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
