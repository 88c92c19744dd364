"""The hot path: one prepared statement a request, committed by itself, from a small pool.

A request that needs one statement needs no transaction, no identity map and no mapper.
"""

import queue
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import psycopg

from authserver import turns
from authserver.errors import Unavailable
from authserver.observability.metrics import DATABASE_FAILURES, POOL_REFUSALS, POOL_WAITS
from authserver.storage.faults import is_disconnect, is_outage
from authserver.storage.forks import after_fork
from authserver.storage.prepared_connection import PreparedConnection
from authserver.storage.prepared_connection import Row as Row
from authserver.storage.prepared_connection import Statement as Statement
from authserver.storage.prepared_connection import defined_statements as defined_statements

# What the metrics call this pool.
POOL = "statements"
_FAILURES, _WAITS, _REFUSALS = (
    family.of(POOL) for family in (DATABASE_FAILURES, POOL_WAITS, POOL_REFUSALS)
)


class Statements:
    """A bounded pool of connections that run prepared statements."""

    def __init__(
        self, connect: Callable[[], PreparedConnection], size: int, patience: float = 1.0
    ) -> None:
        self._connect = connect
        self._size = size
        self._patience = patience
        self._slots = _Slots(size)
        after_fork(self, Statements._forget)

    @property
    def size(self) -> int:
        return self._size

    @property
    def in_use(self) -> int:
        """How many have been taken and not brought back."""
        return max(0, self._size - len(self._slots))

    def one(self, statement: Statement, *parameters: Any) -> Row | None:
        """The first row, or None. Raises :class:`Unavailable` when PostgreSQL does not answer."""
        rows = self.all(statement, *parameters)
        return rows[0] if rows else None

    def all(self, statement: Statement, *parameters: Any) -> list[Row]:
        """All rows. Raises :class:`Unavailable` when PostgreSQL does not answer."""
        slot = self._take()
        try:
            slot = slot or self._connect()
            return slot.rows(statement, parameters)
        except psycopg.Error as error:
            if slot is None or not slot.is_ready or is_disconnect(error):
                # One broken connection mostly means a restart: the idle ones are broken as well.
                _discard(slot)
                slot = None
                self.close()
            if not is_outage(error):
                raise
            _FAILURES.add()
            raise Unavailable(detail=f"PostgreSQL: {type(error).__name__}") from error
        finally:
            self._slots.put(slot)

    def warm(self, statements: Sequence[Statement]) -> None:
        """Open all connections, and have the statements planned on each.

        Raises :class:`Unavailable` when PostgreSQL does not answer. If it takes fewer connections
        than all, these have to do.
        """
        slots = [self._take() for _ in range(self._size)]
        try:
            for number, slot in enumerate(slots):
                slots[number] = warm = slot or self._connect()
                for statement in statements:
                    warm.plan(statement)
        except psycopg.Error as error:
            if not is_outage(error):
                raise
            if slots[0] is None or not slots[0].is_ready:
                raise Unavailable(detail=f"PostgreSQL: {type(error).__name__}") from error
        finally:
            for slot in slots:
                self._slots.put(slot if slot is not None and slot.is_ready else None)

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
            _discard(slot)

    def _forget(self) -> None:
        """Leave the connections to the process that opened them; psycopg closes none of them."""
        self._slots = _Slots(self._size)

    def _take(self) -> PreparedConnection | None:
        with suppress(queue.Empty):
            return self._slots.get_nowait()
        _WAITS.add()
        turns.pass_on()
        try:
            return self._slots.get(timeout=self._patience)
        except queue.Empty as error:
            _REFUSALS.add()
            raise Unavailable(detail="no free connection to PostgreSQL") from error


def _discard(slot: PreparedConnection | None) -> None:
    if slot is not None:
        slot.close()


class _Slots:
    """A slot holds a connection, or None where one may be opened; the last used comes first.

    There are as many permits as slots: who has one finds a slot without a lock.
    """

    def __init__(self, size: int) -> None:
        self._stack: list[PreparedConnection | None] = [None] * size
        self._permits: queue.SimpleQueue[None] = queue.SimpleQueue()
        for _ in range(size):
            self._permits.put(None)

    def __len__(self) -> int:
        """How many nobody has."""
        return self._permits.qsize()

    def get(self, timeout: float) -> PreparedConnection | None:
        """Raises queue.Empty when there is none after so many seconds."""
        self._permits.get(timeout=timeout)
        return self._stack.pop()

    def get_nowait(self) -> PreparedConnection | None:
        """The same at once."""
        self._permits.get_nowait()
        return self._stack.pop()

    def put(self, slot: PreparedConnection | None) -> None:
        self._stack.append(slot)
        self._permits.put(None)
