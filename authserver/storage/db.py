"""PostgreSQL: the engine, transactions, and the hot path."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine, ExceptionContext, QueuePool, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.exc import StaleDataError

from authserver import turns
from authserver.errors import PreconditionFailed, Unavailable
from authserver.observability.metrics import DATABASE_FAILURES, POOL_REFUSALS, POOL_WAITS
from authserver.observability.spans import are_recorded
from authserver.storage.connections import Patience, connector, normalise_url
from authserver.storage.faults import is_disconnect, is_outage
from authserver.storage.forks import after_fork
from authserver.storage.prepared_connection import prepared_connector
from authserver.storage.statements import Statement, Statements
from authserver.storage.traced_sql import TracedStatements, follow_engine

# What a service hands to its repositories. Only repositories look inside.
Transaction = Session

# What the metrics call the pool of the engine.
POOL = "transactions"
_FAILURES, _WAITS, _REFUSALS = (
    family.of(POOL) for family in (DATABASE_FAILURES, POOL_WAITS, POOL_REFUSALS)
)
_PING = Statement("ping", "SELECT 1", 0)


@dataclass(frozen=True)
class Database:
    """Two ways to PostgreSQL: ``transaction()`` for use cases, ``statements`` for the hot path."""

    engine: Engine
    sessions: sessionmaker[Session]
    statements: Statements

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """A transaction that commits at the end of the block and rolls back when it raises.

        What must be saved is therefore never raised from inside: return an outcome, close the
        block, then raise. Objects stay readable afterwards. Raises :class:`Unavailable` when
        PostgreSQL does not answer, :class:`PreconditionFailed` when a row has changed meanwhile.
        """
        turns.pass_on()
        if self.in_use >= self.statements.size:
            _WAITS.add()
        try:
            with self.sessions.begin() as session:
                yield session
        except StaleDataError as error:
            raise PreconditionFailed from error
        except PoolTimeout as error:
            _REFUSALS.add()
            raise Unavailable(detail="no free connection to PostgreSQL") from error
        except DBAPIError as error:
            if not is_outage(error.orig):
                raise
            _FAILURES.add()
            raise Unavailable(detail=f"PostgreSQL: {type(error.orig).__name__}") from error

    @property
    def in_use(self) -> int:
        """How many of the engine's connections are in use; it has as many as ``statements``."""
        pool = self.engine.pool
        return pool.checkedout() if isinstance(pool, QueuePool) else 0

    def ping(self) -> None:
        """Raises :class:`Unavailable` when PostgreSQL does not answer."""
        self.statements.one(_PING)

    def close(self) -> None:
        self.statements.close()
        self.engine.dispose()


def open_database(url: str, pool_size: int) -> Database:
    """The database at ``url``; no connection is made before the first use.

    A process may fork at any time: the child connects by itself.
    """
    patience = Patience()
    engine = create_engine(
        normalise_url(url),
        creator=connector(url, patience=patience),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=1,
        pool_pre_ping=True,
        hide_parameters=True,
    )
    event.listen(engine, "handle_error", _tell_disconnects)
    after_fork(engine, _forget_connections)
    traced = are_recorded()
    if traced:
        follow_engine(engine)
    statements = TracedStatements if traced else Statements
    return Database(
        engine=engine,
        sessions=sessionmaker(engine, expire_on_commit=False),
        statements=statements(prepared_connector(url, patience), pool_size),
    )


def _forget_connections(engine: Engine) -> None:
    """They are the parent's, who goes on using them."""
    engine.dispose(close=False)


def _tell_disconnects(context: ExceptionContext) -> None:
    """SQLAlchemy empties its pool after a disconnect, and knows not each kind of them."""
    if is_disconnect(context.original_exception):
        context.is_disconnect = True
