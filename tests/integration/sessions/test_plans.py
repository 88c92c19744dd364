"""The hot path goes by keys, whatever PostgreSQL knew of the tables when it planned.

A plan is kept until the next ANALYZE, which PostgreSQL makes by itself once fifty rows have changed
and then a tenth of them. One that was made for a hundred must do for what comes within a minute.
"""

from contextlib import closing
from dataclasses import replace

import psycopg2
import pytest

from authserver.actor import SYSTEM
from authserver.browser_sessions.statements import FIND_ALL
from authserver.sessions import statements
from authserver.storage.connections import bounded_options
from authserver.storage.db import Database
from authserver.storage.prepared_connection import PLANNING

BY_KEY = (
    statements.ROTATE,
    statements.FIND,
    statements.IS_ALIVE,
    statements.HOLDER,
    statements.PERSON,
)


@pytest.fixture
def plan(database: Database, sessions, sign_in, make_person):
    """``plan(statement)``: as the hot path has it while there are a hundred sessions."""
    for _ in range(100):
        sessions.begin(replace(sign_in, user_id=make_person()), SYSTEM)
    url = database.engine.url.render_as_string(hide_password=False)
    with closing(psycopg2.connect(**bounded_options(url, PLANNING))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

            def explain(statement) -> str:
                cursor.execute(f"EXPLAIN (GENERIC_PLAN) {statement.sql}")
                return "\n".join(line for (line,) in cursor.fetchall())

            yield explain


@pytest.mark.parametrize("statement", BY_KEY, ids=lambda statement: statement.name)
def test_a_session_is_found_by_its_id(plan, statement):
    assert "Index Scan using pk_sessions on sessions s" in plan(statement)


@pytest.mark.parametrize(
    "statement", [*BY_KEY, statements.BEGIN, FIND_ALL], ids=lambda statement: statement.name
)
def test_no_table_is_read_from_end_to_end(plan, statement):
    assert "Seq Scan" not in plan(statement)
