"""Connections to PostgreSQL that never wait longer than they were told to.

libpq has no time-out for an answer: a server that is stopped, or a network that swallows packets,
holds a thread for ever. psycopg2 lets us do the waiting ourselves (its documentation, "Support for
coroutine libraries"), so that each wait has an end.
"""

import math
import select
import time
from collections.abc import Callable
from typing import Any

import psycopg2
import psycopg2.extensions
import psycopg2.extras
from sqlalchemy import make_url

from authserver import turns

_SERVER_OPTIONS = "-c timezone=UTC -c statement_timeout=1800 -c lock_timeout=1500 -c jit=off"
# In milliseconds: most answers come sooner than another thread could have begun with something.
_BRIEFLY = 1
_EVENTS = {
    psycopg2.extensions.POLL_READ: select.POLLIN,
    psycopg2.extensions.POLL_WRITE: select.POLLOUT,
}


class Patience:
    """How long to wait for one answer of one database.

    After a wait in vain the next ones are short for a moment: a request that needs several answers
    must not wait in full for each.
    """

    FULL = 2.0
    SHORT = 0.1
    REST = 0.5

    def __init__(self) -> None:
        self._short_until = 0.0

    @property
    def seconds(self) -> float:
        return self.SHORT if time.monotonic() < self._short_until else self.FULL

    def lose(self, waited: float) -> None:
        """Only a full wait in vain counts: who waited shortly has learnt nothing new."""
        if waited >= self.FULL:
            self._short_until = time.monotonic() + self.REST


class Deadline:
    """The end of one wait; without patience there is none."""

    def __init__(self, patience: Patience | None) -> None:
        self._patience = patience
        self._seconds = patience.seconds if patience else math.inf
        self._at = time.monotonic() + self._seconds

    def wait(self, socket: int, events: int) -> bool:
        """Wait for events of :func:`select.poll`; whether any came in time."""
        poller = select.poll()
        poller.register(socket, events)
        if poller.poll(_BRIEFLY):
            return True
        turns.pass_on()
        if self._patience is None:
            return bool(poller.poll())
        if poller.poll(max(0.0, (self._at - time.monotonic()) * 1000)):
            return True
        self._patience.lose(self._seconds)
        return False


def _wait(connection: psycopg2.extensions.connection) -> None:
    """Wait until libpq has what it needs; give the connection up when that takes too long."""
    deadline = Deadline(getattr(connection, "patience", None))
    while (state := connection.poll()) != psycopg2.extensions.POLL_OK:
        if not deadline.wait(connection.fileno(), _EVENTS[state]):
            # psycopg2 closes the connection itself; to close it here would wait for a lock that
            # this very thread holds.
            raise psycopg2.OperationalError("PostgreSQL did not answer in time")


psycopg2.extensions.set_wait_callback(_wait)
psycopg2.extras.register_uuid()  # type: ignore[no-untyped-call]


def normalise_url(url: str) -> str:
    """The URL with the driver spelt out: SQLAlchemy 2.1 takes the bare name for psycopg 3."""
    scheme, separator, rest = url.partition("://")
    return f"postgresql+psycopg2{separator}{rest}" if scheme.startswith("postgres") else url


def libpq_options(url: str) -> dict[str, Any]:
    """The URL in the words of libpq, which every driver understands."""
    target = make_url(normalise_url(url))
    # The dialect of psycopg2 puts everything into keywords.
    _, keywords = target.get_dialect()().create_connect_args(target)
    return {"application_name": "authserver"} | dict(keywords)


def bounded_options(url: str, more: str = "") -> dict[str, Any]:
    """The same for connections of requests: the server too gives up what takes too long."""
    options = libpq_options(url)
    # Of two values of one option the later one counts: ours are a promise.
    server_options = f"{options.get('options', '')} {_SERVER_OPTIONS} {more}".strip()
    return options | {"options": server_options}


def connector(
    url: str, *, bounded: bool = True, patience: Patience | None = None
) -> Callable[[], psycopg2.extensions.connection]:
    """A function that opens connections to the database at ``url``.

    Unbounded ones are for migrations and maintenance, which may take their time.
    """
    options = libpq_options(url)
    if bounded:
        # psycopg2 waits for the connection itself as well, and knows no more of it than its class.
        bounded_connection = type(
            "BoundedConnection",
            (psycopg2.extensions.connection,),
            {"patience": patience or Patience()},
        )
        options = bounded_options(url) | {"connection_factory": bounded_connection}

    def connect() -> psycopg2.extensions.connection:
        connection: psycopg2.extensions.connection = psycopg2.connect(**options)
        return connection

    return connect
