"""The one door through which this server calls addresses that others have registered.

What a client registers (``jwks_uri``, ``request_uris``, ``sector_identifier_uri``, the addresses of
logout) is called from inside our network: a door for whoever wants to reach what only we can
(CWE-918). Therefore: the name is looked up once, all that it stands for must be public, and the
connection goes to an address that was checked, while the certificate is that of the name. There
are no redirects, no proxies of the environment, no compressed content. All of it ends after three
seconds and 64 KiB, however slowly it comes.

Call it outside of any transaction: no connection to PostgreSQL is held while a stranger's server
takes its time. What it raises says nothing of what was answered.
"""

import contextlib
import http.client
import io
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from authserver import turns
from authserver.http.outbound_policy import Destination, OutboundPolicy
from authserver.http.outbound_policy import OutboundRefused as OutboundRefused
from authserver.http.public_addresses import is_public

TIMEOUT = 3.0
MAX_BYTES = 64 * 1024
# What may come before the content: the status line and the headers, of all answers together.
_MAX_HEAD = 16 * 1024
_MAX_ADDRESSES = 4
# A thread that waits for a resolver cannot be stopped: so many of them may wait.
_RESOLVERS = 16


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


class OutboundFetcher:
    """Calls addresses that the policy allows. At most ``places`` calls are made at once by one
    process: servers that are slow on purpose must not take all the threads that serve others."""

    def __init__(self, policy: OutboundPolicy, places: int = 8, timeout: float = TIMEOUT) -> None:
        self.policy = policy
        self._places = threading.BoundedSemaphore(places)
        self._resolvers = threading.BoundedSemaphore(_RESOLVERS)
        self._timeout = timeout

    def check(self, url: str) -> None:
        """Raises :class:`OutboundRefused` for what is never called, whatever it resolves to."""
        self.policy.check(url)

    def get(self, url: str, accept: str = "application/json") -> bytes:
        """What is at the address, if the answer is 200; a fragment of the URL is not sent.

        Raises :class:`OutboundRefused` and :class:`OutboundFailed`.
        """
        with self._answer("GET", url, {"Accept": accept}) as answer:
            if answer.status != 200:
                raise OutboundFailed("another status than 200")
            return _content(answer)

    def post(self, url: str, body: bytes, content_type: str) -> int:
        """The status of the answer; nobody reads what else it says.

        Raises :class:`OutboundRefused` and :class:`OutboundFailed`.
        """
        with self._answer("POST", url, {"Content-Type": content_type}, body) as answer:
            return answer.status

    @contextlib.contextmanager
    def _answer(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Iterator[http.client.HTTPResponse]:
        deadline = Deadline.in_seconds(self._timeout)
        destination = self.policy.check(url)
        if not self._places.acquire(blocking=False):
            raise OutboundFailed("too many calls at once")
        turns.pass_on()
        try:
            connection = self._connection(destination, deadline)
            with contextlib.closing(connection):
                connection.request(method, destination.target, body, _HEADERS | dict(headers))
                with contextlib.closing(connection.getresponse()) as answer:
                    yield answer
        # The standard library raises all of these for what a stranger may send.
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise OutboundFailed(type(error).__name__) from error
        finally:
            self._places.release()

    def _connection(self, destination: Destination, deadline: Deadline) -> "_PinnedConnection":
        addresses = self._resolve(destination, deadline)
        context = self._context if destination.scheme == "https" else None
        return _PinnedConnection(destination, addresses[:_MAX_ADDRESSES], context, deadline)

    @cached_property
    def _context(self) -> ssl.SSLContext:
        """Certificates and host names are verified; reading the roots takes a moment."""
        return ssl.create_default_context()

    def _resolve(self, destination: Destination, deadline: Deadline) -> list[str]:
        """All that the host stands for, looked up once; each of it must be public."""
        addresses = self._look_up(destination, deadline)
        if not destination.private and not all(map(is_public, addresses)):
            raise OutboundRefused("The host does not stand for public addresses only.")
        return addresses

    def _look_up(self, destination: Destination, deadline: Deadline) -> list[str]:
        """In a thread of its own: a resolver has no deadline."""
        if not self._resolvers.acquire(blocking=False):
            raise OutboundFailed("too many look-ups at once")
        found: list[str] = []
        thread = threading.Thread(
            target=_look_up, args=(destination, found, self._resolvers.release), daemon=True
        )
        try:
            thread.start()
        except RuntimeError:
            self._resolvers.release()
            raise
        thread.join(deadline.left())
        if thread.is_alive() or not found:
            raise OutboundFailed("the name was not resolved")
        return found


_HEADERS = {
    "User-Agent": "Authserver",
    # Whoever compresses all the same is not read: a few bytes would become very many.
    "Accept-Encoding": "identity",
    "Connection": "close",
}


def _look_up(destination: Destination, found: list[str], done: Callable[[], None]) -> None:
    try:
        answers = socket.getaddrinfo(destination.host, destination.port, type=socket.SOCK_STREAM)
        # All at once, so that nobody sees a part of them.
        found.extend(dict.fromkeys(str(answer[4][0]) for answer in answers))
    except (OSError, ValueError):
        return
    finally:
        done()


def _content(answer: http.client.HTTPResponse) -> bytes:
    if answer.getheader("Content-Encoding", "identity").strip().lower() != "identity":
        raise OutboundFailed("compressed content")
    content = answer.read(MAX_BYTES + 1)
    # What was announced and has not been read: it was too much, or it never came.
    if len(content) > MAX_BYTES or answer.length:
        raise OutboundFailed("too large, or cut off")
    return content


class _PinnedConnection(http.client.HTTPConnection):
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
