"""Connections to PostgreSQL that never wait longer than they were told to.

libpq has no time-out for an answer: a server that is stopped, or a network that swallows packets,
holds a thread for ever. psycopg2 lets us do the waiting ourselves (its documentation, "Support for
coroutine libraries"), so that each wait has an end.
"""

import select
import time
from collections.abc import Callable
from typing import Any

import psycopg2
import psycopg2.extensions
import psycopg2.extras
from sqlalchemy import make_url

PATIENCE = 2.0
_SERVER_OPTIONS = "-c timezone=UTC -c statement_timeout=1800 -c lock_timeout=1500 -c jit=off"
_EVENTS = {
    psycopg2.extensions.POLL_READ: select.POLLIN,
    psycopg2.extensions.POLL_WRITE: select.POLLOUT,
}


class BoundedConnection(psycopg2.extensions.connection):
    """A connection that waits at most ``patience`` seconds for each answer."""

    patience = PATIENCE


def _wait(connection: psycopg2.extensions.connection) -> None:
    """Wait until libpq has what it needs; close the connection when that takes too long."""
    patience = getattr(connection, "patience", None)
    deadline = None if patience is None else time.monotonic() + patience
    while (state := connection.poll()) != psycopg2.extensions.POLL_OK:
        poller = select.poll()
        poller.register(connection.fileno(), _EVENTS[state])
        if not poller.poll(_remaining(deadline)):
            connection.close()
            raise psycopg2.OperationalError("PostgreSQL did not answer in time")


def _remaining(deadline: float | None) -> float | None:
    """Milliseconds until the deadline."""
    return None if deadline is None else max(0.0, (deadline - time.monotonic()) * 1000)


psycopg2.extensions.set_wait_callback(_wait)
psycopg2.extras.register_uuid()  # type: ignore[no-untyped-call]


def normalise_url(url: str) -> str:
    """The URL with the driver spelt out: SQLAlchemy 2.1 takes the bare name for psycopg 3."""
    scheme, separator, rest = url.partition("://")
    return f"postgresql+psycopg2{separator}{rest}" if scheme.startswith("postgres") else url


def connector(url: str, *, bounded: bool = True) -> Callable[[], psycopg2.extensions.connection]:
    """A function that opens connections to the database at ``url``.

    Unbounded ones are for migrations and maintenance, which may take their time.
    """
    target = make_url(normalise_url(url))
    arguments, keywords = target.get_dialect()().create_connect_args(target)
    options: dict[str, Any] = {"application_name": "authserver"} | dict(keywords)
    if bounded:
        options |= {"connection_factory": BoundedConnection, "options": _SERVER_OPTIONS}

    def connect() -> psycopg2.extensions.connection:
        connection: psycopg2.extensions.connection = psycopg2.connect(*arguments, **options)
        return connection

    return connect
