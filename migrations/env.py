"""How Alembic runs our revisions: one transaction, one migrator at a time."""

from alembic import context
from flask import current_app
from sqlalchemy import text

import authserver.wiring  # noqa: F401 - loads every room, and so every table
from authserver.storage.base import Base
from authserver.storage.migrations import ADVISORY_LOCK

with current_app.extensions["migrate"].db.engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        context.run_migrations()
