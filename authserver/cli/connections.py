"""A client's connection, as one thread after another has it."""

import contextlib
import socket
import struct
import time
from typing import Any

from gunicorn.http.parser import RequestParser

from authserver.cli.arrivals import Arrival, State
from authserver.cli.heads import OurRequest

# From the first byte of a request to its last, and from the connection to its first byte.
ARRIVAL_SECONDS = 20
# How long the other side may take to close a connection that we have closed (RFC 9112, 9.6).
_LINGER_SECONDS = 2
_LINGER_BYTES = 64 * 1024
# Whole answers find room in here. What does not waits for whoever reads slowly, for so long, and
# holds no thread meanwhile (CWE-400).
_OUTGOING_BYTES = 256 * 1024
_SEND_SECONDS = 20
_AT_ONCE = struct.pack("ii", 1, 0)
_PIECE = 64 * 1024
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def prepare_listener(listener: socket.socket) -> None:
    """What its connections inherit."""
    listener.setblocking(False)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _OUTGOING_BYTES)
    timeout = struct.pack("ll", _SEND_SECONDS, 0)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeout)


class _Parser(RequestParser):  # type: ignore[misc]
    mesg_class = OurRequest


class Connection:
    """What has arrived of a request, until when more may come, and the way back."""

    def __init__(self, cfg: Any, sock: socket.socket, client: Any, server: Any) -> None:
        self.sock = sock
        self.client = client
        self.server = server
        self.fileno = sock.fileno()
        self.is_watched = False
        # It gets whole requests only, and never reads from the connection itself.
        self.parser = _Parser(cfg, (), client)
        self._keepalive = cfg.keepalive
        self._lingering: int | None = None
        self._out: list[bytes] = []
        self._unsent = b""
        self._is_next_whole = False
        # Whether it goes on after the answer that is on its way.
        self.may_stay = True
        self.arrival = Arrival()
        self.until = time.monotonic() + ARRIVAL_SECONDS

    @property
    def is_idle(self) -> bool:
        """Whether nothing of a request has arrived."""
        return not self.arrival.data

    def receive(self) -> State:
        """Take what has come, and say what to do now."""
        try:
            data = self.sock.recv(_PIECE, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return State.UNFINISHED
        except OSError:
            return State.GONE
        if self._lingering is not None:
            return self._ignore(data)
        if not data:
            return State.GONE if self.is_idle else State.CUT_OFF
        if self.is_idle:
            self.until = time.monotonic() + ARRIVAL_SECONDS
        self.arrival.add(data)
        return self.arrival.state()

    def go_on(self) -> State:
        """What to do now that the other side has said something, or takes what we send."""
        if self._unsent:
            return self._send_rest()
        if self._is_next_whole:
            self._is_next_whole = False
            return State.WHOLE
        return self.receive()

    def invite(self) -> None:
        """Who asks before sending a body is told to send it (RFC 9110, section 10.1.1)."""
        if self.arrival.expects_continue:
            self.arrival.expects_continue = False
            with contextlib.suppress(OSError):
                self.sock.send(_CONTINUE, socket.MSG_DONTWAIT)

    def request(self) -> Any:
        """The request that has arrived. Raises gunicorn's errors, and StopIteration after none."""
        self.parser.unreader.unread(bytes(self.arrival.data))
        return next(self.parser)

    def await_next(self) -> State:
        """Begin anew, with what stands behind the request that was answered.

        A whole one waits for its turn: whoever sends many at once has no more of us than others,
        and whoever takes no answers gets none.
        """
        if self._unsent:
            self.until = time.monotonic() + _SEND_SECONDS
            return State.WAITS_TO_SEND
        if not self.may_stay:
            return State.ANSWERED
        self.arrival = Arrival(self.parser.unreader.take_buffered())
        self.until = time.monotonic() + (self._keepalive if self.is_idle else ARRIVAL_SECONDS)
        state = State.UNFINISHED if self.is_idle else self.arrival.state()
        self._is_next_whole = state is State.WHOLE
        return State.WAITS_TO_SEND if self._is_next_whole else state

    def linger(self) -> bool:
        """Close our side, and whether to wait for the other one.

        If we closed all, the other side could lose the end of our answer.
        """
        self._lingering = 0
        self.until = time.monotonic() + _LINGER_SECONDS
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_WR)
            return True
        return False

    def close(self) -> None:
        """Hang up. What somebody has not read in time goes, or the kernel would keep it."""
        with contextlib.suppress(OSError):
            if self._unsent or self._is_next_whole:
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
            self.sock.close()

    # The way back, as gunicorn writes to it: head and body leave together ---------------------

    def send(self, data: bytes) -> int:
        """gunicorn's own invitation to send a body, which has come already."""
        return len(data)

    def sendall(self, data: bytes) -> None:
        self._out.append(data)

    def flush(self) -> None:
        """Send what was written, as far as it is taken now. Raises OSError for who has gone."""
        whole, self._out = b"".join(self._out), []
        self._send(whole)

    def _send(self, data: bytes) -> None:
        try:
            sent = self.sock.send(data, socket.MSG_DONTWAIT)
        except BlockingIOError:
            sent = 0
        self._unsent = data[sent:]

    def _send_rest(self) -> State:
        try:
            self._send(self._unsent)
        except OSError:
            return State.GONE
        return State.WAITS_TO_SEND if self._unsent else self.await_next()

    def _ignore(self, data: bytes) -> State:
        self._lingering = (self._lingering or 0) + len(data)
        return State.UNFINISHED if data and self._lingering <= _LINGER_BYTES else State.GONE
