"""The schema and its versions: bringing a database up to date, and telling whether it is.

Flask-Migrate and Flask-SQLAlchemy are used here and nowhere else: a request knows only
``storage.db``.
"""

from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import Migrate, upgrade
from flask_migrate import revision as new_revision
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import NullPool

from authserver.storage.base import Base
from authserver.storage.connections import connector, normalise_url
from authserver.storage.db import Database

FOLDER = Path(__file__).parents[2] / "migrations"
# Any number will do, as long as everybody who migrates takes the same.
ADVISORY_LOCK = 0x61757468


class SchemaError(Exception):
    """The database's schema is not the one that this release works with."""


def migrate(url: str) -> None:
    """Bring the database at ``url`` to the newest revision; waits while another one migrates."""
    with _application(url).app_context():
        upgrade(directory=str(FOLDER))


def make_revision(url: str, message: str, rev_id: str | None = None) -> None:
    """Write a revision that leads from the database at ``url`` to the models."""
    with _application(url).app_context():
        new_revision(directory=str(FOLDER), message=message, autogenerate=True, rev_id=rev_id)


def check_schema(database: Database) -> None:
    """Raises :class:`SchemaError` unless the database has exactly the schema of this release."""
    found, wanted = _present_revision(database), head_revision()
    if found is None:
        raise SchemaError("The database is empty. Run `authserver migrate` and start again.")
    if found == wanted:
        return
    if found in known_revisions():
        raise SchemaError(
            f"The database is at revision {found}, this release needs {wanted}. "
            "Run `authserver migrate` and start again."
        )
    raise SchemaError(
        f"The database is at revision {found}, which is newer than this release ({wanted}). "
        "Start the release that made it, or restore an older database."
    )


def head_revision() -> str:
    """The newest revision of this release."""
    return str(_scripts().get_current_head())


def known_revisions() -> set[str]:
    """All revisions that this release knows."""
    return {script.revision for script in _scripts().walk_revisions()}


def _present_revision(database: Database) -> str | None:
    query = text("SELECT version_num FROM alembic_version")
    try:
        with database.transaction() as tx:
            revision: str | None = tx.scalar(query)
            return revision
    except ProgrammingError:
        return None


def _scripts() -> ScriptDirectory:
    config = Config(str(FOLDER / "alembic.ini"))
    config.set_main_option("script_location", str(FOLDER))
    return ScriptDirectory.from_config(config)


def _application(url: str) -> Flask:
    options: dict[str, Any] = {"poolclass": NullPool, "creator": connector(url, bounded=False)}
    application = Flask("authserver.migrations")
    application.config["SQLALCHEMY_DATABASE_URI"] = normalise_url(url)
    application.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    database = SQLAlchemy(application, metadata=Base.metadata)
    Migrate(application, database, directory=str(FOLDER))
    return application
