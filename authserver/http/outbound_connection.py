"""One connection to the server of somebody else: to addresses that were checked, and bounded.

No more is read than the bounds allow, and nothing after the deadline, however slowly it comes.
"""

import http.client
import io
import socket
import ssl
import time
from dataclasses import dataclass
from typing import Any

from authserver.http.outbound_policy import Destination

MAX_BYTES = 64 * 1024
# What may come before the content: the status line and the headers, of all answers together.
_MAX_HEAD = 16 * 1024


class OutboundFailed(Exception):  # noqa: N818 - a fact, as in the catalogue of errors
    """The other side was not reached in time, or did not answer as it should."""


@dataclass(frozen=True)
class Deadline:
    """A moment, and how long it is until then."""

    at: float

    @classmethod
    def in_seconds(cls, seconds: float) -> "Deadline":
        return cls(time.monotonic() + seconds)

    def left(self) -> float:
        """Seconds, never none. Raises :class:`OutboundFailed` when it has passed."""
        seconds = self.at - time.monotonic()
        if seconds <= 0:
            raise OutboundFailed("too slow")
        return seconds


class PinnedConnection(http.client.HTTPConnection):
    """A connection to addresses that were checked, under the name that they were checked for."""

    def __init__(
        self,
        destination: Destination,
        addresses: list[str],
        context: ssl.SSLContext | None,
        deadline: Deadline,
    ) -> None:
        self.default_port = 443 if context else 80
        super().__init__(destination.host, destination.port)
        self._addresses = addresses
        self._context = context
        self._deadline = deadline
        # It is called with a socket, and gives back an answer: no more is asked of it.
        self.response_class = self._response  # type: ignore[assignment]

    def connect(self) -> None:
        """To the first address that takes us."""
        opened = self._open()
        if self._context is None:
            self.sock = opened
            return
        opened.settimeout(self._deadline.left())
        try:
            self.sock = self._context.wrap_socket(opened, server_hostname=self.host)
        except BaseException:
            opened.close()
            raise

    def _open(self) -> socket.socket:
        failure: OSError = OSError("no address")
        for number, address in enumerate(self._addresses):
            share = self._deadline.left() / (len(self._addresses) - number)
            try:
                return _connected(address, self.port, share)
            except OSError as error:
                failure = error
        raise failure

    def _response(self, sock: socket.socket, **options: Any) -> "_BoundedResponse":
        return _BoundedResponse(sock, self._deadline, **options)


def _connected(address: str, port: int, timeout: float) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.settimeout(timeout)
        opened.connect((address, port))
    except BaseException:
        opened.close()
        raise
    return opened


class _BoundedResponse(http.client.HTTPResponse):
    """An answer of which no more is read than the bounds allow, before the deadline."""

    def __init__(self, sock: socket.socket, deadline: Deadline, **options: Any) -> None:
        super().__init__(sock, **options)
        self.fp = io.BufferedReader(_BoundedReader(sock, self.fp.detach(), deadline))


class _BoundedReader(io.RawIOBase):
    """Reads from a socket as long as there is time and as much as there is room.

    Each reading has the rest of the time: bytes that drip one by one gain nothing.
    """

    def __init__(self, sock: socket.socket, raw: io.RawIOBase, deadline: Deadline) -> None:
        super().__init__()
        self._sock = sock
        self._raw = raw
        self._deadline = deadline
        self._room = _MAX_HEAD + MAX_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._room <= 0:
            raise OutboundFailed("too large")
        self._sock.settimeout(self._deadline.left())
        size: int | None = self._raw.readinto(memoryview(buffer)[: self._room])
        self._room -= size or 0
        return size

    def close(self) -> None:
        self._raw.close()
        super().close()
