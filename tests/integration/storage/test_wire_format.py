"""What a statement is given is what PostgreSQL understands, and what it answers what was meant."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from authserver.storage.prepared_connection import prepared_connector
from authserver.storage.statements import Statement, Statements
from authserver.storage.wire_format import write

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
TYPES = {
    "uuid": st.uuids(),
    "text": TEXTS,
    "int": st.integers(-(2**31), 2**31 - 1),
    "float": st.floats(allow_nan=False),
    "bool": st.booleans(),
    "bytea": st.binary(max_size=40),
    "timestamptz": st.datetimes(timezones=st.just(UTC)),
    "text[]": st.lists(TEXTS, max_size=5),
    "uuid[]": st.lists(st.uuids(), max_size=5),
    "bytea[]": st.lists(st.binary(max_size=20), max_size=5),
}


@pytest.fixture(scope="module")
def echo(own_postgres):
    """What PostgreSQL answers to a value of a type."""
    statements = Statements(prepared_connector(own_postgres.url), 1)

    def ask(kind: str, value):
        name = "echo_" + kind.replace("[]", "s")
        return statements.one(Statement(name, f"SELECT $1::{kind}", 1), value)[0]

    yield ask
    statements.close()


@pytest.mark.parametrize("kind", TYPES)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_every_value_comes_back_as_it_was(echo, kind, data):
    value = data.draw(TYPES[kind])

    assert echo(kind, value) == value


@pytest.mark.parametrize("kind", TYPES)
def test_nothing_is_null(echo, kind):
    assert echo(kind, None) is None


@pytest.mark.parametrize("word", ["NULL", "null", "", "{}", '"', "\\", "a,b", '\\"', " "])
def test_no_text_means_something_else_in_an_array(echo, word):
    assert echo("text[]", [word, None]) == [word, None]


def test_moments_come_back_in_utc(echo):
    noon = datetime(2026, 11, 22, 12, tzinfo=timezone(timedelta(hours=5)))

    assert echo("timestamptz", noon).utcoffset() == timedelta(0)


def test_json_comes_back_as_a_value(echo):
    assert echo("jsonb", '{"a": ["ä", 1, null]}') == {"a": ["ä", 1, None]}


@pytest.mark.parametrize("value", ["web\0", "\0", ["a", "b\0c"]])
def test_a_zero_byte_never_cuts_a_text_off(value):
    """CWE-158: ``web`` and another half would be taken for ``web``."""
    with pytest.raises(ValueError, match="zero byte"):
        write(value)


@pytest.mark.parametrize("value", [{"a": 1}, ("a",), object(), uuid4])
def test_what_no_statement_uses_is_refused(value):
    with pytest.raises(TypeError):
        write(value)


def test_a_statement_wants_all_its_parameters(make_statements):
    """PostgreSQL's own refusal looks like an outage."""
    with pytest.raises(TypeError):
        make_statements(1).one(Statement("two", "SELECT $1::uuid, $2::int", 2), UUID(int=0))
