"""The strict reader of JSON (RFC 8259; RFC 7493)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authserver.errors import Invalid
from authserver.http.json_body import MAX_DEPTH, load_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)


@given(VALUES)
def test_json_is_read(value):
    assert load_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"{'a': 1}",
        b"{} {}",
        b'{"a": 1, "a": 1}',
        b'{"a": {"b": 1, "b": 2}}',
        b'{"a": 1, "\\u0061": 2}',
        b"NaN",
        b"Infinity",
        b'{"a": -Infinity}',
        b'"\xff"',
        b'{"a": "\xc3\x28"}',
        "{}".encode("utf-16"),
        "\ufeff{}".encode(),
        b'"a\nb"',
        b"1" * 5000,
    ],
)
def test_what_two_readers_could_read_otherwise_is_refused(body):
    """RFC 7493, sections 2.1 to 2.3; CVE-2017-12635 was a repeated name."""
    with pytest.raises(Invalid):
        load_json(body)


def test_as_deep_as_allowed_is_read():
    assert load_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)


@pytest.mark.parametrize("body", [b"[" * 33 + b"]" * 33, b'{"a":' * 33 + b"1" + b"}" * 33])
def test_deeper_is_refused(body):
    """CWE-674."""
    with pytest.raises(Invalid):
        load_json(body)


@pytest.mark.parametrize("opening", [b"[", b"{", b'{"a":[', b"[]," * 1000])
def test_a_body_of_brackets_is_refused_and_nothing_worse(opening):
    with pytest.raises(Invalid):
        load_json(opening * (65_536 // len(opening)))


@given(st.binary(max_size=100))
def test_whatever_comes_is_read_or_refused(body):
    try:
        value = load_json(body)
    except Invalid:
        return

    assert value == json.loads(body)
