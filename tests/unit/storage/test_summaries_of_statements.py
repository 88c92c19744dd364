"""What a statement is called in a trace: its verb and its table, and nothing that it says."""

import pytest

from authserver.storage.traced_sql import summary


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT users.id, users.email FROM users WHERE users.email = %(a)s", "SELECT users"),
        ("INSERT INTO clients (client_id) VALUES (%(a)s)", "INSERT clients"),
        ("UPDATE clients SET version=%(a)s WHERE 1 = 1", "UPDATE clients"),
        ("DELETE FROM roles WHERE roles.name = 'from elsewhere'", "DELETE roles"),
        ("\n    SELECT pg_advisory_xact_lock(42)", "SELECT"),
        ("select 'hush'", "SELECT"),
        ("(SELECT 1)", "SELECT"),
        ("", "SQL"),
    ],
)
def test_a_statement_is_told_by_its_verb_and_its_table(sql, told):
    """Semantic conventions, db.query.summary."""
    assert summary(sql) == told
