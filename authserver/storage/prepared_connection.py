"""A connection of the hot path: libpq's extended protocol, by psycopg's module ``pq``.

A statement is parsed once; from then on each request sends its values and reads binary ones.
psycopg2 sends text alone, which PostgreSQL has to parse each time: that costs both sides about
twice as much (``docs/adr/0017-two-ways-to-postgresql.md``). The waiting is ours here as well.
"""

import select
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import OperationalError, adapt, pq
from psycopg.abc import Transformer
from psycopg.conninfo import make_conninfo
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, Format, PollingStatus, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult

from authserver.storage.connections import Deadline, Patience, bounded_options
from authserver.storage.wire_format import write

Row = tuple[Any, ...]
# A statement is planned once as well, perhaps while the tables are all but empty. Whatever
# PostgreSQL knows of them at that moment, keys lead it through indexes, from row to row: a plan
# that reads a small table from end to end would still do so when it has grown.
_DETOURS = ("seqscan", "bitmapscan", "hashjoin", "mergejoin")
PLANNING = " ".join(
    ("-c plan_cache_mode=force_generic_plan", *(f"-c enable_{name}=off" for name in _DETOURS))
)
_EVENTS = {PollingStatus.READING: select.POLLIN, PollingStatus.WRITING: select.POLLOUT}
_GOOD = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)


@dataclass(frozen=True)
class Statement:
    """SQL with numbered parameters (``$1``), known to the server by its name."""

    name: str
    sql: str
    parameters: int

    def __post_init__(self) -> None:
        _defined.append(self)


_defined: list[Statement] = []


def defined_statements() -> Sequence[Statement]:
    """All that this process may ever send."""
    return tuple(_defined)


class PreparedConnection:
    """One connection, what it has prepared, and how to read the answers. For one thread at a time.

    Each statement commits by itself.
    """

    def __init__(self, pgconn: PGconn, patience: Patience) -> None:
        self._pgconn = pgconn
        self._patience = patience
        self._readers: dict[str, Transformer] = {}

    @property
    def is_ready(self) -> bool:
        """Whether it can take a statement: it has not been lost, and nothing is under way."""
        return self._pgconn.transaction_status == TransactionStatus.IDLE

    def close(self) -> None:
        self._pgconn.finish()

    def rows(self, statement: Statement, parameters: Sequence[Any]) -> list[Row]:
        """The rows of the answer. Raises psycopg's errors, also when it does not come in time."""
        if len(parameters) != statement.parameters:
            raise TypeError(f"{statement.name} has {statement.parameters} parameters")
        values = [write(parameter) for parameter in parameters]
        reader = self._readers.get(statement.name) or self._prepare(statement)
        self._pgconn.send_query_prepared(
            statement.name.encode(), values, result_format=Format.BINARY
        )
        result = self._answer()
        # The types of the columns stay, or else PostgreSQL refuses the statement.
        reader.set_pgresult(result, set_loaders=reader.pgresult is None)
        return reader.load_rows(0, result.ntuples, tuple)

    def plan(self, statement: Statement) -> None:
        """Have it parsed and planned, and nothing done. Raises as :meth:`rows`."""
        if statement.name in self._readers:
            return
        self._prepare(statement)
        values = ", ".join(["NULL"] * statement.parameters)
        execute = f"EXECUTE {statement.name}({values})" if values else f"EXECUTE {statement.name}"
        self._pgconn.send_query(f"EXPLAIN {execute}".encode())
        self._answer()

    def _prepare(self, statement: Statement) -> Transformer:
        self._pgconn.send_prepare(statement.name.encode(), statement.sql.encode())
        self._answer()
        return self._readers.setdefault(statement.name, adapt.Transformer())

    def _answer(self) -> PGresult:
        """The result of the one command that was sent."""
        pgconn, deadline = self._pgconn, Deadline(self._patience)
        found: PGresult | None = None
        while True:
            self._wait(deadline)
            result = pgconn.get_result()
            if result is None:
                break
            found = result
        if found is None or pgconn.status == ConnStatus.BAD:
            raise OperationalError(pgconn.get_error_message())
        if found.status not in _GOOD:
            raise error_from_result(found)
        return found

    def _wait(self, deadline: Deadline) -> None:
        """Until libpq has sent all, and a result has come."""
        pgconn = self._pgconn
        while (unsent := pgconn.flush()) or pgconn.is_busy():
            events = select.POLLIN | select.POLLOUT if unsent else select.POLLIN
            if not deadline.wait(pgconn.socket, events):
                self.close()
                raise OperationalError("PostgreSQL did not answer in time")
            pgconn.consume_input()


def prepared_connector(
    url: str, patience: Patience | None = None
) -> Callable[[], PreparedConnection]:
    """A function that opens connections to the database at ``url``; it raises psycopg's errors."""
    shared = patience or Patience()
    options = bounded_options(url, PLANNING) | {"client_encoding": "UTF8"}
    conninfo = make_conninfo(**options).encode()

    def connect() -> PreparedConnection:
        pgconn, deadline = pq.PGconn.connect_start(conninfo), Deadline(shared)
        while (state := pgconn.connect_poll()) in _EVENTS:
            if not deadline.wait(pgconn.socket, _EVENTS[PollingStatus(state)]):
                pgconn.finish()
                raise OperationalError("PostgreSQL did not answer in time")
        if state != PollingStatus.OK:
            raise OperationalError(pgconn.get_error_message())
        pgconn.nonblocking = 1
        return PreparedConnection(pgconn, shared)

    return connect
