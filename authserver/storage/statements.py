"""The hot path: one prepared statement a request, committed by itself, from a small pool.

A request that needs one statement needs no transaction, no identity map and no mapper: preparing
each statement once a connection costs PostgreSQL a third less than planning it each time.
"""

import queue
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg2
import psycopg2.extensions

from authserver.errors import Unavailable
from authserver.storage.faults import is_disconnect, is_outage
from authserver.storage.forks import after_fork

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Statement:
    """SQL with numbered parameters (``$1``), known to the server by its name."""

    name: str
    sql: str
    parameters: int

    @property
    def execute(self) -> str:
        holes = ", ".join(["%s"] * self.parameters)
        return f"EXECUTE {self.name}({holes})" if holes else f"EXECUTE {self.name}"


@dataclass(eq=False)
class _Prepared:
    """A connection, and what it has prepared."""

    connection: psycopg2.extensions.connection
    names: set[str] = field(default_factory=set)

    def rows(self, statement: Statement, parameters: Sequence[Any]) -> list[Row]:
        with self.connection.cursor() as cursor:
            if statement.name not in self.names:
                cursor.execute(f"PREPARE {statement.name} AS {statement.sql}")
                self.names.add(statement.name)
            cursor.execute(statement.execute, parameters)
            return cursor.fetchall() if cursor.description else []


class Statements:
    """A bounded pool of connections in autocommit mode that run prepared statements."""

    def __init__(
        self,
        connect: Callable[[], psycopg2.extensions.connection],
        size: int,
        patience: float = 1.0,
    ) -> None:
        self._connect = connect
        self._size = size
        self._patience = patience
        self._slots = _empty_slots(size)
        after_fork(self, Statements._forget)

    def one(self, statement: Statement, *parameters: Any) -> Row | None:
        """The first row, or None. Raises :class:`Unavailable` when PostgreSQL does not answer."""
        rows = self.all(statement, *parameters)
        return rows[0] if rows else None

    def all(self, statement: Statement, *parameters: Any) -> list[Row]:
        """All rows. Raises :class:`Unavailable` when PostgreSQL does not answer."""
        with self._borrowed() as prepared:
            return prepared.rows(statement, parameters)

    def close(self) -> None:
        """Close the idle connections."""
        idle = []
        # Others take and bring back meanwhile: nobody knows how many there are.
        with suppress(queue.Empty):
            while True:
                idle.append(self._slots.get_nowait())
        for _ in idle:
            self._slots.put(None)
        for slot in idle:
            self._discard(slot)

    def _forget(self) -> None:
        """Leave the connections to the process that opened them; psycopg2 closes none of them."""
        self._slots = _empty_slots(self._size)

    @contextmanager
    def _borrowed(self) -> Iterator[_Prepared]:
        slot = self._take()
        try:
            slot = slot or self._open()
            yield slot
        except psycopg2.Error as error:
            if slot is None or slot.connection.closed or is_disconnect(error):
                # One broken connection mostly means a restart: the idle ones are broken as well.
                self._discard(slot)
                slot = None
                self.close()
            if not is_outage(error):
                raise
            raise Unavailable(detail=f"PostgreSQL: {type(error).__name__}") from error
        finally:
            self._slots.put(slot)

    def _take(self) -> _Prepared | None:
        try:
            return self._slots.get(timeout=self._patience)
        except queue.Empty as error:
            raise Unavailable(detail="no free connection to PostgreSQL") from error

    def _open(self) -> _Prepared:
        connection = self._connect()
        connection.autocommit = True
        return _Prepared(connection)

    @staticmethod
    def _discard(slot: _Prepared | None) -> None:
        if slot is not None and not slot.connection.closed:
            slot.connection.close()


def _empty_slots(size: int) -> "queue.LifoQueue[_Prepared | None]":
    """A slot holds a connection, or None where one may be opened; the last used comes first."""
    slots: queue.LifoQueue[_Prepared | None] = queue.LifoQueue()
    for _ in range(size):
        slots.put(None)
    return slots
