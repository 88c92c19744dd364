"""Migrations expand: what the release before needs is taken away one release later, and said so.

The rule is in ``docs/operations/upgrades.md``. It counts for all revisions after 0003, the last one
before the first release.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import Engine, create_engine, event

from authserver.storage.connections import connector, normalise_url
from authserver.storage.migrations import (
    FOLDER,
    _application,
    _scripts,
    oldest_code,
    read_schema,
)
from tests.support.destructive_statements import created_tables, why_destructive

FIRST = "0003"
# The one of Alembic itself.
BOOKKEEPING = "alembic_version"


def newer_revisions() -> list:
    """The modules after FIRST, the oldest first."""
    scripts = [*_scripts().walk_revisions(FIRST, "head")][::-1]
    return [script for script in scripts if script.revision != FIRST]


@contextmanager
def statements() -> Iterator[list[str]]:
    """All that is sent to PostgreSQL meanwhile, whoever sends it, and however it is written."""
    sent: list[str] = []

    def note(_connection, _cursor, statement, *_):
        if BOOKKEEPING not in statement:
            sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture(scope="module")
def url(postgres) -> str:
    return postgres.create_database(f"expand_{token_hex(6)}")


@pytest.fixture(scope="module")
def sent(url) -> dict[str, list[str]]:
    """What each revision after FIRST does, and on the way back what FIRST undoes."""
    done: dict[str, list[str]] = {}
    with _application(url).app_context():
        upgrade(directory=str(FOLDER), revision=FIRST)
        for script in newer_revisions():
            with statements() as done[script.revision]:
                upgrade(directory=str(FOLDER), revision=script.revision)
        with statements() as done["back"]:
            downgrade(directory=str(FOLDER), revision="0001")
    return done


def test_only_a_revision_that_says_so_takes_something_away(sent):
    """`contracts = "why nobody uses it any more"`; all else the release before must bear.

    What only looks so has an excuse: `harmless = {"fk_of_a_new_column": "why it is"}`.
    """
    faults = [
        f"{script.revision}: {' '.join(each.split())[:120]}: {why}"
        for script in newer_revisions()
        if not getattr(script.module, "contracts", None)
        for each in sent[script.revision]
        if (why := why_destructive(each, created_tables(sent[script.revision])))
        and not any(name in each for name in excuses(script))
    ]

    assert faults == []


def excuses(script) -> dict[str, str]:
    return getattr(script.module, "harmless", {})


def test_an_excuse_is_of_something_and_gives_a_reason(sent):
    idle = [
        f"{script.revision}: {name}"
        for script in newer_revisions()
        for name, why in excuses(script).items()
        if not why.strip() or not any(name in each for each in sent[script.revision])
    ]

    assert idle == []


def test_what_takes_something_away_shuts_out_the_code_that_needs_it():
    """Or else `contracts` would be a way around the rule."""
    open_doors = [
        script.revision
        for script in newer_revisions()
        if getattr(script.module, "contracts", None)
        and oldest_code(script.revision) == oldest_code(script.down_revision)
    ]

    assert open_doors == []


def test_every_revision_says_whose_code_may_work_with_it():
    known = [script.revision for script in [*_scripts().walk_revisions()][::-1]]
    said = {each.revision: getattr(each.module, "oldest_code", None) for each in newer_revisions()}
    wrong = [own for own, oldest in said.items() if oldest not in known[: known.index(own) + 1]]

    assert wrong == []


def test_the_way_back_is_seen_as_destructive(sent):
    """That a fault would be found in what migrations really send: it drops what 0002 added."""
    found = [each for each in sent["back"] if why_destructive(each, set())]

    assert any("browser_sessions" in each for each in found)
    assert any("procrastinate_jobs" in each for each in found)


def test_a_migrated_database_says_whose_code_may_work_with_it(postgres, url):
    with _application(url).app_context():
        upgrade(directory=str(FOLDER))

    engine = create_engine(normalise_url(url), creator=connector(url, bounded=False))
    with engine.connect() as connection:
        schema = read_schema(connection)
    engine.dispose()

    assert schema.oldest_code == oldest_code(schema.revision)


# What counts as destructive ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE clients",
        "DROP INDEX ix_sessions_user_id",
        "DROP FUNCTION IF EXISTS f CASCADE",
        "ALTER TABLE clients DROP COLUMN scope",
        "ALTER TABLE clients DROP CONSTRAINT pk_clients",
        "ALTER TABLE clients ALTER COLUMN scope DROP DEFAULT",
        "ALTER TABLE clients ALTER COLUMN scope SET NOT NULL",
        "ALTER TABLE clients ALTER COLUMN scope TYPE VARCHAR(10)",
        "alter table clients alter scope set data type text",
        "ALTER TABLE clients RENAME COLUMN scope TO scopes",
        "ALTER TABLE clients RENAME TO applications",
        "ALTER TABLE clients ADD COLUMN logo TEXT NOT NULL",
        "ALTER TABLE clients ADD CONSTRAINT ck_scope CHECK (scope <> '')",
        "ALTER TABLE clients ADD CONSTRAINT fk FOREIGN KEY(x) REFERENCES users (id)",
        "ALTER TABLE clients ADD UNIQUE (scope)",
        "CREATE UNIQUE INDEX uq_scope ON clients (scope)",
        "DELETE FROM clients WHERE scope = ''",
        "\n    TRUNCATE clients",
        "REVOKE SELECT ON clients FROM public",
    ],
)
def test_what_the_release_before_may_need_is_not_taken_away(statement):
    assert why_destructive(statement, set())


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE devices (id UUID NOT NULL, CONSTRAINT pk_devices PRIMARY KEY (id))",
        "CREATE INDEX ix_scope ON clients (scope)",
        "ALTER TABLE clients ADD COLUMN logo TEXT",
        "ALTER TABLE clients ADD COLUMN strict BOOLEAN DEFAULT false NOT NULL",
        "ALTER TABLE clients ALTER COLUMN scope DROP NOT NULL",
        "ALTER TABLE clients ALTER COLUMN scope SET DEFAULT ''",
        "UPDATE clients SET logo = '' WHERE logo IS NULL",
        "INSERT INTO roles (name) VALUES ('auditor')",
        "CREATE FUNCTION f() RETURNS void AS $x$ BEGIN DROP TABLE t; END; $x$ LANGUAGE plpgsql",
    ],
)
def test_what_only_adds_is_no_fault(statement):
    assert why_destructive(statement, set()) is None


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE UNIQUE INDEX uq_devices_code ON devices (code)",
        "ALTER TABLE devices ADD CONSTRAINT ck_code CHECK (code <> '')",
    ],
)
def test_a_table_of_the_same_revision_may_be_bound_as_one_likes(statement):
    new = created_tables(["CREATE TABLE devices (id UUID NOT NULL, code TEXT)"])

    assert why_destructive(statement, new) is None
