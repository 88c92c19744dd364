"""Identifiers that sort by time."""

from datetime import UTC, datetime, timedelta

from authserver.clock import SystemClock
from authserver.ids import first_id_of, new_id


def test_what_is_made_after_a_moment_is_not_smaller_than_its_first_id():
    """RFC 9562, section 5.7."""
    first = first_id_of(SystemClock().now())

    assert first <= new_id()


def test_what_was_made_before_a_moment_is_smaller_than_its_first_id():
    made = new_id()

    assert made < first_id_of(SystemClock().now() + timedelta(milliseconds=1))


def test_a_first_id_is_a_valid_one():
    first = first_id_of(datetime(2026, 11, 22, tzinfo=UTC))

    assert (first.version, first.variant) == (7, "specified in RFC 4122")
