"""PostgreSQL: the engine, transactions, and the hot path."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.exc import StaleDataError

from authserver.errors import PreconditionFailed, Unavailable
from authserver.storage.connections import connector, normalise_url
from authserver.storage.statements import Statement, Statements

# What a service hands to its repositories. Only repositories look inside.
Transaction = Session

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
        try:
            with self.sessions.begin() as session:
                yield session
        except StaleDataError as error:
            raise PreconditionFailed from error
        except (OperationalError, InterfaceError, PoolTimeout) as error:
            raise Unavailable(detail=f"PostgreSQL: {type(error).__name__}") from error

    def ping(self) -> None:
        """Raises :class:`Unavailable` when PostgreSQL does not answer."""
        self.statements.one(_PING)

    def close(self) -> None:
        self.statements.close()
        self.engine.dispose()


def open_database(url: str, pool_size: int) -> Database:
    """The database at ``url``; no connection is made before the first use: forking is safe."""
    connect = connector(url)
    engine = create_engine(
        normalise_url(url),
        creator=connect,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=1,
        pool_pre_ping=True,
        hide_parameters=True,
    )
    return Database(
        engine=engine,
        sessions=sessionmaker(engine, expire_on_commit=False),
        statements=Statements(connect, pool_size),
    )
