"""HTTP as bytes over a socket, and the bytes that two servers could read differently."""

import re
import socket
from urllib.parse import urlsplit

from tests.support.live_server import LiveServer

FORM = b"grant_type=client_credentials"
POST = b"POST /oauth2/token HTTP/1.1\r\nHost: x\r\n"
FORM_TYPE = b"Content-Type: application/x-www-form-urlencoded\r\n"
# The second request of a smuggler: it must never be answered.
SMUGGLED = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
FORWARDED = (
    b"X-Forwarded-Host: evil.com\r\nX-Forwarded-Proto: https\r\nForwarded: host=evil.com\r\n\r\n"
)


# After an answer: whether a second one follows, which nobody should have asked for.
_AFTERWARDS = 0.5


def talk(
    server: LiveServer, *pieces: bytes, patience: float = 1.5, afterwards: float = _AFTERWARDS
) -> bytes:
    """Send the pieces, and read until the server closes or has nothing more to say."""
    parts = urlsplit(server.base)
    answer = b""
    with socket.create_connection((parts.hostname, parts.port), timeout=patience) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
            while chunk := connection.recv(65536):
                answer += chunk
                connection.settimeout(min(patience, afterwards))
        except OSError:
            pass
    return answer


def talk_to_the_end(server: LiveServer, request: bytes) -> bytes:
    """All answers to requests behind each other, of which the last one asks to close."""
    last = request.removesuffix(b"\r\n") + b"Connection: close\r\n\r\n"
    return talk(server, last, patience=10, afterwards=10)


def cut_off(server: LiveServer, request: bytes) -> bytes:
    """The answer to a request whose sender stops in the middle, and still listens."""
    parts = urlsplit(server.base)
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def statuses(answer: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3})", answer)]


def is_closed(server: LiveServer, request: bytes) -> bool:
    """Whether the server closes the connection of itself after its answer."""
    parts = urlsplit(server.base)
    with socket.create_connection((parts.hostname, parts.port), timeout=2) as connection:
        connection.sendall(request)
        try:
            while connection.recv(65536):
                pass
        except ConnectionError:
            return True
        except TimeoutError:
            return False
    return True


def chunked(size: bytes, rest: bytes = b"") -> bytes:
    return POST + FORM_TYPE + b"Transfer-Encoding: chunked\r\n\r\n" + size + b"\r\n" + FORM + rest


SMUGGLING = {
    "TE and CL": POST
    + FORM_TYPE
    + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    + SMUGGLED,
    "TE twice": POST
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "TE xchunked": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "TE chunked, identity": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "TE with a space before the colon": POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "two CL": POST + b"Content-Length: 0\r\nContent-Length: 5\r\n\r\n" + SMUGGLED,
    "two CL in one": POST + b"Content-Length: 0, 5\r\n\r\n" + SMUGGLED,
    "CL with a sign": POST + b"Content-Length: +4\r\n\r\nabcd" + SMUGGLED,
    "CL negative": POST + b"Content-Length: -1\r\n\r\n" + SMUGGLED,
    "CL hexadecimal": POST + b"Content-Length: 0x4\r\n\r\nabcd" + SMUGGLED,
    "CL with a space": POST + b"Content-Length: 4 4\r\n\r\nabcd" + SMUGGLED,
    "CL not ASCII": POST + "Content-Length: \N{ARABIC-INDIC DIGIT FOUR}\r\n\r\n".encode() + b"abcd",
    "a folded header": POST + b"X-A: b\r\n c\r\nContent-Length: 0\r\n\r\n",
    "a folded TE": POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "a chunk of 0x size": chunked(b"0x1d"),
    "a chunk of negative size": chunked(b"-1d"),
    "a chunk of no size": chunked(b""),
    "a chunk of signed size": chunked(b"+1d"),
    "a chunk size with underscores": chunked(b"1_d"),
    "a chunk that is longer than it says": chunked(b"1", b"\r\n0\r\n\r\n"),
    "a bare LF after a chunk size": POST + b"Transfer-Encoding: chunked\r\n\r\n0\n\n" + SMUGGLED,
    "a NUL in a header": POST + b"X-A: b\0c\r\nContent-Length: 0\r\n\r\n",
    "a bare CR in a header": POST + b"X-A: b\rX-B: c\r\nContent-Length: 0\r\n\r\n",
    "a header without a name": POST + b": x\r\nContent-Length: 0\r\n\r\n",
    "a header with a space in its name": POST + b"X A: x\r\nContent-Length: 0\r\n\r\n",
    "HTTP/0.9": b"GET /livez\r\n\r\n",
    "HTTP/9.9": b"GET /livez HTTP/9.9\r\nHost: x\r\n\r\n",
    "no version": b"GET /livez HTTP\r\nHost: x\r\n\r\n",
    "a method of nonsense": b"G\x00T /livez HTTP/1.1\r\nHost: x\r\n\r\n",
}
