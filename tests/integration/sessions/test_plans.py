"""The hot path goes by keys, whatever PostgreSQL knew of the tables when it planned.

A plan is kept until the next ANALYZE, which PostgreSQL makes by itself once fifty rows have changed
and then a tenth of them. One that was made for none, or for a hundred, must do for what comes
within a minute.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import psycopg2
import pytest

from authserver.actor import SYSTEM
from authserver.sessions import statements
from authserver.storage.connections import bounded_options
from authserver.storage.db import Database
from authserver.storage.prepared_connection import PLANNING, Statement

BY_KEY = (
    statements.ROTATE,
    statements.FIND,
    statements.IS_ALIVE,
    statements.HOLDER,
    statements.PERSON,
)
# Those of the product: tests define others.
ALL = {
    value
    for name, module in list(sys.modules.items())
    if name.startswith("authserver.")
    for value in vars(module).values()
    if isinstance(value, Statement)
}
# Installations have a handful of each, and some statements want all of them.
_SMALL = {"signing_keys", "installation_secrets", "roles", "clients"}


@pytest.fixture(params=[0, 1, 2, 100])
def plan(
    request, database: Database, sessions, sign_in, make_person
) -> Iterator[Callable[[Statement], list[dict[str, Any]]]]:
    """``plan(statement)``: its steps, as the hot path has it while there are so many sessions."""
    for _ in range(request.param):
        sessions.begin(replace(sign_in, user_id=make_person()), SYSTEM)
    url = database.engine.url.render_as_string(hide_password=False)
    with closing(psycopg2.connect(**bounded_options(url, PLANNING))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            # A table is empty to the planner when it has no pages.
            cursor.execute("VACUUM (FULL, ANALYZE)")

            def explain(statement: Statement) -> list[dict[str, Any]]:
                cursor.execute(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {statement.sql}")
                [[[planned]]] = cursor.fetchall()
                return list(_steps(planned["Plan"]))

            yield explain


def _steps(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _steps(child)


def test_a_session_is_found_by_its_id(plan):
    indexes = {
        statement.name: [step.get("Index Name") for step in plan(statement)] for statement in BY_KEY
    }

    assert [name for name, found in indexes.items() if "pk_sessions" not in found] == []


def test_no_table_is_read_from_end_to_end(plan):
    """Nor an index: what joins may go through the larger one first, once for each of the others."""
    whole = {statement.name: _read_whole(plan(statement)) for statement in ALL}

    assert {name: tables for name, tables in whole.items() if not tables <= _SMALL} == {}


def _read_whole(steps: list[dict[str, Any]]) -> set[str]:
    """The tables of scans that no key narrows down."""
    scans = [step for step in steps if "Relation Name" in step and "Scan" in step["Node Type"]]
    return {step["Relation Name"] for step in scans if "Index Cond" not in step}
