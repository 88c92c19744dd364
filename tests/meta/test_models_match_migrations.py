"""The migrations lead to the models, and back."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from secrets import token_hex

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask_migrate import downgrade
from sqlalchemy import Engine, create_engine, inspect, text

import authserver.wiring  # noqa: F401 - loads every room, and so every table
from authserver.storage.base import Base
from authserver.storage.connections import connector, normalise_url
from authserver.storage.db import open_database
from authserver.storage.migrations import (
    FOLDER,
    SchemaError,
    _application,
    check_schema,
    head_revision,
    known_revisions,
    migrate,
)

# The tables, functions and types of the queue are procrastinate's, and no models of ours.
QUEUE = "procrastinate_"
QUEUE_TABLES = {QUEUE + name for name in ("jobs", "events", "periodic_defers", "workers")}
QUEUE_CATALOGUE = (
    "SELECT concat_ws(' ', proname, pg_get_function_arguments(oid), prosrc) FROM pg_proc",
    "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    """SELECT concat_ws(' ', typname, enumsortorder, enumlabel)
       FROM pg_type LEFT JOIN pg_enum ON enumtypid = pg_type.oid WHERE typtype IN ('c', 'e')""",
)

MIGRATE = "import sys; from authserver.storage.migrations import migrate; migrate(sys.argv[1])"

CATALOGUE = (
    """SELECT concat_ws(' ', table_name, column_name, udt_name, character_maximum_length,
                        is_nullable, column_default)
       FROM information_schema.columns WHERE table_schema = 'public'""",
    "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    """SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid))
       FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    """SELECT concat_ws(' ', relname, reloptions) FROM pg_class
       WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace""",
)


@pytest.fixture
def url(postgres) -> str:
    return postgres.create_database(f"migrations_{token_hex(6)}")


@pytest.fixture
def engine(url):
    with make_engine(url) as engine:
        yield engine


@pytest.fixture
def database(url):
    database = open_database(url, pool_size=1)
    yield database
    database.close()


def test_a_migrated_database_is_what_the_models_say(url, engine):
    """Indexes on expressions apart: Alembic compares their spelling, the next test the rest."""
    migrate(url)

    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True, "include_object": is_plain}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_migrations_and_models_make_the_same_database(url, engine, postgres):
    """Everything that PostgreSQL knows of columns, indexes, constraints and tables."""
    migrate(url)
    with make_engine(postgres.create_database(f"models_{token_hex(6)}")) as models:
        Base.metadata.create_all(models)
        expected = catalogue(models)

    found = catalogue(engine)

    assert found == expected


@contextmanager
def make_engine(url: str) -> Iterator[Engine]:
    engine = create_engine(normalise_url(url), creator=connector(url, bounded=False))
    yield engine
    engine.dispose()


def is_plain(item: object, name: str | None, kind: str, *_: object) -> bool:
    is_of_the_queue = kind == "table" and (name or "").startswith(QUEUE)
    return not (is_of_the_queue or (kind == "index" and name == "uq_users_email_lower"))


def catalogue(engine: Engine) -> set[str]:
    """What there is, each thing as PostgreSQL would write it."""
    with engine.connect() as connection:
        return {
            line
            for query in CATALOGUE
            for line in connection.scalars(text(query))
            if "alembic_version" not in line and QUEUE not in line
        }


def test_the_queue_is_what_the_installed_library_expects(url, engine, postgres):
    """When it is not, the migrations of the new version become a revision of ours."""
    migrate(url)
    with make_engine(postgres.create_database(f"queue_{token_hex(6)}")) as installed:
        with installed.begin() as connection:
            schema = (files("procrastinate") / "sql" / "schema.sql").read_text()
            connection.exec_driver_sql(schema, execution_options={"no_parameters": True})
        expected = queue_catalogue(installed)

    found = queue_catalogue(engine)

    assert found == expected
    assert len(found) > 50


def queue_catalogue(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return {
            line
            for query in (*CATALOGUE, *QUEUE_CATALOGUE)
            for line in connection.scalars(text(query))
            if QUEUE in line
        }


def test_the_way_back_leaves_nothing(url, engine):
    migrate(url)

    with _application(url).app_context():
        downgrade(directory=str(FOLDER), revision="base")

    assert inspect(engine).get_table_names() == ["alembic_version"]


def test_the_way_may_be_gone_again(url, engine):
    migrate(url)
    with _application(url).app_context():
        downgrade(directory=str(FOLDER), revision="base")

    migrate(url)

    assert set(inspect(engine).get_table_names()) == {
        "alembic_version",
        *Base.metadata.tables,
        *QUEUE_TABLES,
    }


def test_to_migrate_twice_changes_nothing(url, database):
    for _ in range(2):
        migrate(url)

    check_schema(database)


def test_two_may_migrate_at_once(url, database):
    """security.md, invariant 11: two workers that ran create_all crashed."""
    both = [
        subprocess.Popen([sys.executable, "-c", MIGRATE, url], stderr=subprocess.PIPE)
        for _ in range(2)
    ]

    said = [process.communicate()[1] for process in both]

    assert [process.returncode for process in both] == [0, 0], said
    check_schema(database)


def test_no_index_holds_what_rotation_changes(url, engine):
    """performance.md, rule 4: or else no update would be HOT."""
    migrate(url)

    columns = {
        name for index in inspect(engine).get_indexes("sessions") for name in index["column_names"]
    }

    assert not columns & {"generation", "rotated_at"}


# Which schema this release works with -------------------------------------------------------------


def test_an_empty_database_is_refused_with_what_to_do(database):
    with pytest.raises(SchemaError, match="authserver migrate"):
        check_schema(database)


def test_a_database_of_a_later_release_is_refused(url, database, engine):
    """What our own `migrate` has noted is of another revision, and says nothing about this one."""
    migrate(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'later'"))

    with pytest.raises(SchemaError, match=rf"too new.* later.*{head_revision()}"):
        check_schema(database)


@pytest.mark.parametrize("revision", sorted(known_revisions() - {head_revision()}) or ["none"])
def test_a_database_of_an_earlier_release_is_refused(url, database, engine, revision):
    """With a single revision there is no earlier release: then any name is a later one."""
    migrate(url)
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision}
        )

    with pytest.raises(
        SchemaError, match=rf"{revision}.*{head_revision()}.*authserver migrate|newer"
    ):
        check_schema(database)
