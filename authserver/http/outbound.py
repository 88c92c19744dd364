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
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from authserver import turns
from authserver.http.outbound_connection import MAX_BYTES as MAX_BYTES
from authserver.http.outbound_connection import Deadline, PinnedConnection
from authserver.http.outbound_connection import OutboundFailed as OutboundFailed
from authserver.http.outbound_places import Places
from authserver.http.outbound_policy import Destination, OutboundPolicy
from authserver.http.outbound_policy import OutboundRefused as OutboundRefused
from authserver.http.public_addresses import is_public
from authserver.http.traces import call_in_trace
from authserver.observability.metrics import OUTBOUND_CALLS

TIMEOUT = 3.0
_MAX_ADDRESSES = 4
# Who has left less than this part of the time has answered slowly.
_SLOW = 0.5
# A thread that waits for a resolver cannot be stopped: so many of them may wait.
_RESOLVERS = 16
_ANSWERED, _REFUSED, _FAILED = (
    OUTBOUND_CALLS.of(outcome) for outcome in ("answered", "refused", "failed")
)


class OutboundBusy(OutboundFailed):
    """Nobody was called: too many calls or look-ups are being made, to that host or at all."""


class OutboundFetcher:
    """Calls addresses that the policy allows. At most ``places`` calls are made at once by one
    process: servers that are slow on purpose must not take all the threads that serve others, nor
    all the places (``outbound_places``)."""

    def __init__(self, policy: OutboundPolicy, places: int = 8, timeout: float = TIMEOUT) -> None:
        self.policy = policy
        self._places = Places(places)
        self._resolvers = threading.BoundedSemaphore(_RESOLVERS)
        self._timeout = timeout

    def check(self, url: str) -> None:
        """Raises :class:`OutboundRefused` for what is never called, whatever it resolves to."""
        self.policy.check(url)

    def get(self, url: str, accept: str = "application/json") -> bytes:
        """What is at the address, if the answer is 200; a fragment of the URL is not sent.

        Raises :class:`OutboundRefused`, :class:`OutboundFailed`, and of the latter
        :class:`OutboundBusy`.
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
        try:
            destination = self.policy.check(url)
            with (
                call_in_trace(method, destination) as (span, place),
                self._call(method, destination, {**headers, **place}, body) as answer,
            ):
                span.note("http.response.status_code", answer.status)
                yield answer
        except OutboundRefused:
            _REFUSED.add()
            raise
        except OutboundFailed:
            _FAILED.add()
            raise
        _ANSWERED.add()

    @contextlib.contextmanager
    def _call(
        self, method: str, destination: Destination, headers: Mapping[str, str], body: bytes | None
    ) -> Iterator[http.client.HTTPResponse]:
        deadline = Deadline.in_seconds(self._timeout)
        # What is fetched, anybody may have us fetch; what is sent is paced by the queue of jobs.
        if not self._places.take(destination.host, fairly=method == "GET"):
            raise OutboundBusy("too many calls at once")
        turns.pass_on()
        answered = False
        try:
            connection = self._connection(destination, deadline)
            with contextlib.closing(connection):
                connection.request(method, destination.target, body, _HEADERS | dict(headers))
                with contextlib.closing(connection.getresponse()) as answer:
                    yield answer
            answered = deadline.left() > self._timeout * _SLOW
        # The standard library raises all of these for what a stranger may send.
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise OutboundFailed(type(error).__name__) from error
        finally:
            self._places.give_back(destination.host, answered=answered)

    def _connection(self, destination: Destination, deadline: Deadline) -> PinnedConnection:
        addresses = self._resolve(destination, deadline)
        context = self._context if destination.scheme == "https" else None
        return PinnedConnection(destination, addresses[:_MAX_ADDRESSES], context, deadline)

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
            raise OutboundBusy("too many look-ups at once")
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
