"""How Alembic runs our revisions: one transaction, one migrator at a time."""

from alembic import context
from flask import current_app
from sqlalchemy import text

import authserver.wiring  # noqa: F401 - loads every room, and so every table
from authserver.storage.base import Base
from authserver.storage.migrations import (
    ADVISORY_LOCK,
    is_newer,
    note_oldest_code,
    read_schema,
)


def _is_ours(item: object, name: str | None, kind: str, *_: object) -> bool:
    """What ``make migration`` compares: the queue is no model of ours, and must not be dropped.

    Of an index on an expression Alembic compares the spelling, which PostgreSQL changes.
    """
    is_of_the_queue = kind == "table" and (name or "").startswith("procrastinate_")
    return not (is_of_the_queue or (kind == "index" and name == "uq_users_email_lower"))


with current_app.extensions["migrate"].db.engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, include_object=_is_ours)
    with context.begin_transaction():
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        if not is_newer(read_schema(connection)):
            context.run_migrations()
            note_oldest_code(connection)
