"""The schema and its versions: bringing a database up to date, and telling whether it is.

Flask-Migrate and Flask-SQLAlchemy are used here and nowhere else: a request knows only
``storage.db``.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import Migrate, upgrade
from flask_migrate import revision as new_revision
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, text
from sqlalchemy.pool import NullPool

from authserver.storage.base import Base
from authserver.storage.connections import connector, normalise_url
from authserver.storage.db import Database

FOLDER = Path(__file__).parents[2] / "migrations"
# Any number will do, as long as everybody who migrates takes the same.
ADVISORY_LOCK = 0x61757468
_NOTE = re.compile(r"(\S+) suits code from (\S+)")


class SchemaError(Exception):
    """The database's schema is not the one that this release works with."""


@dataclass(frozen=True)
class Schema:
    """What a database says of itself: its revision, and the oldest whose code may work with it."""

    revision: str | None
    oldest_code: str | None = None


def migrate(url: str) -> str:
    """Bring the database at ``url`` to the newest revision; answers which one it has then.

    Waits while another one migrates. What a later release has made is left as it is. Raises
    :class:`SchemaError` when this release cannot work with that.
    """
    application = _application(url)
    with application.app_context():
        upgrade(directory=str(FOLDER))
        with application.extensions["migrate"].db.engine.connect() as connection:
            return str(read_schema(connection).revision)


def make_revision(url: str, message: str, rev_id: str | None = None) -> None:
    """Write a revision that leads from the database at ``url`` to the models."""
    with _application(url).app_context():
        new_revision(directory=str(FOLDER), message=message, autogenerate=True, rev_id=rev_id)


def check_schema(database: Database) -> str:
    """The revision of the database. Raises :class:`SchemaError` unless this release suits it."""
    with database.transaction() as tx:
        schema = read_schema(tx.connection())
    wanted = head_revision()
    if schema.revision is None:
        raise SchemaError("The database is empty. Run `authserver migrate` and start again.")
    if schema.revision != wanted and schema.revision in known_revisions():
        raise SchemaError(
            f"The database is too old: it is at revision {schema.revision}, and this release "
            f"needs {wanted}. Run `authserver migrate` of this release and start again."
        )
    is_newer(schema)
    return schema.revision


def is_newer(schema: Schema) -> bool:
    """Whether a later release made the schema. Raises :class:`SchemaError` if we do not suit it.

    What it only added does not concern us (``docs/adr/0022-upgrades.md``).
    """
    known = known_revisions()
    if schema.revision is None or schema.revision in known:
        return False
    if schema.oldest_code in known:
        return True
    raise SchemaError(
        f"The database is too new: it is at revision {schema.revision}, which needs a release of "
        f"revision {schema.oldest_code or schema.revision} or newer, and this one is of "
        f"{head_revision()}. Start a newer release, or restore an older database."
    )


def read_schema(connection: Connection) -> Schema:
    """What the database says of itself; nothing of an empty one."""
    if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return Schema(None)
    revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    comment = connection.scalar(
        text("SELECT obj_description('alembic_version'::regclass, 'pg_class')")
    )
    # A note about another revision is of whoever did not know that there are notes.
    noted = _NOTE.fullmatch(comment or "")
    return Schema(revision, noted[2] if noted and noted[1] == revision else None)


def note_oldest_code(connection: Connection) -> None:
    """Let the database say whose code may work with it, also to a release that knows less."""
    revision = read_schema(connection).revision
    if revision is not None:
        # A comment takes no parameters; the note is made of our own words.
        note = f"{revision} suits code from {oldest_code(revision)}"
        connection.exec_driver_sql(f"COMMENT ON TABLE alembic_version IS '{note}'")


def oldest_code(revision: str) -> str:
    """The oldest revision whose code works with the schema of ``revision``.

    Each revision on the way says so of itself; one that says nothing suits no code before it.
    """
    way = [*_scripts().walk_revisions("base", revision)][::-1]
    places = {script.revision: place for place, script in enumerate(way)}
    named = (getattr(script.module, "oldest_code", script.revision) for script in way)
    return max(named, key=places.__getitem__)


def head_revision() -> str:
    """The newest revision of this release."""
    return str(_scripts().get_current_head())


def known_revisions() -> set[str]:
    """All revisions that this release knows."""
    return {script.revision for script in _scripts().walk_revisions()}


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
