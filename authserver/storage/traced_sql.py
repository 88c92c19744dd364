"""What is sent to PostgreSQL as spans, for when somebody keeps a record.

A span has the statement by its name, or by its verb and its table; never its values, nor its text.
"""

import re
from typing import Any

from sqlalchemy import Engine, ExceptionContext, event

from authserver.observability import spans
from authserver.storage.statements import Row, Statement, Statements

_SYSTEM = {"db.system.name": "postgresql"}
# The verb of a statement, and the first table that it names.
_VERB = re.compile(r"[A-Za-z]+")
_TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE)\s+(\w+)", re.IGNORECASE)
_KEPT = "_authserver_span"


class TracedStatements(Statements):
    """The hot path, each of its statements a span."""

    def all(self, statement: Statement, *parameters: Any) -> list[Row]:
        """As :meth:`Statements.all`."""
        told = _SYSTEM | {"db.query.summary": statement.name, "db.operation.name": _verb(statement)}
        with spans.span(statement.name, "client", told):
            return super().all(statement, *parameters)


def follow_engine(engine: Engine) -> None:
    """Make each statement that SQLAlchemy sends a span."""
    event.listen(engine, "before_cursor_execute", _begin, named=True)
    event.listen(engine, "after_cursor_execute", _end, named=True)
    event.listen(engine, "handle_error", _fail)


def summary(sql: str) -> str:
    """The verb of a statement and its table, as far as it names one."""
    verb, table = _VERB.search(sql), _TABLE.search(sql)
    words = (verb[0].upper() if verb else "SQL", table[1] if table else "")
    return " ".join(filter(None, words))


def _verb(statement: Statement) -> str:
    return summary(statement.sql).partition(" ")[0]


def _begin(statement: str, context: Any, **_: Any) -> None:
    told = summary(statement)
    attributes = {"db.query.summary": told, "db.operation.name": told.partition(" ")[0]}
    setattr(context, _KEPT, spans.start(told, "client", _SYSTEM | attributes))


def _end(context: Any, **_: Any) -> None:
    getattr(context, _KEPT).end()


def _fail(failure: ExceptionContext) -> None:
    """A failure to connect has no statement."""
    begun = getattr(failure.execution_context, _KEPT, None)
    if begun is not None:
        begun.fail(type(failure.original_exception).__name__)
        begun.end()
