"""Fields and schemas of the REST API: strict about types, characters and surplus."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from marshmallow import ValidationError, fields

from authserver.http.fields import Instant, StrictSchema, Text


class Thing(StrictSchema):
    name = Text(maximum=5)
    at = Instant()
    number = fields.Integer(strict=True)


def test_what_nobody_knows_is_refused():
    """CWE-915."""
    with pytest.raises(ValidationError) as caught:
        Thing().load({"name": "a", "is_admin": True})

    assert caught.value.messages.keys() == {"is_admin"}


@pytest.mark.parametrize("name", ["a", "Ünä", "a b", "日本語です"])
def test_one_line_of_text_is_read(name):
    assert Thing().load({"name": name}) == {"name": name}


@pytest.mark.parametrize(
    "name", ["", "123456", "a\nb", "a\x00", "\x7f", "\x85", "\ud800", 1, None, ["a"], {}]
)
def test_anything_else_is_no_line_of_text(name):
    with pytest.raises(ValidationError):
        Thing().load({"name": name})


def test_a_moment_is_told_in_utc():
    """RFC 3339."""
    moment = datetime(2026, 11, 22, 14, 0, 0, 5, tzinfo=timezone(timedelta(hours=1)))

    assert Thing().dump({"at": moment}) == {"at": "2026-11-22T13:00:00.000005Z"}


def test_no_moment_is_null():
    assert Thing().dump({"at": None}) == {"at": None}


def test_a_moment_that_is_told_can_be_read_again():
    moment = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)

    assert Thing().load(Thing().dump({"at": moment})) == {"at": moment}


@pytest.mark.parametrize("at", ["2026-11-22T14:00:00", "yesterday", 0, ""])
def test_a_moment_without_a_zone_is_none(at):
    with pytest.raises(ValidationError):
        Thing().load({"at": at})


@pytest.mark.parametrize(
    ("at", "read"),
    [
        ("2026-11-22T13:00:00+23:59", datetime(2026, 11, 21, 13, 1, tzinfo=UTC)),
        ("2026-11-22T13:00:00-20:00", datetime(2026, 11, 23, 9, 0, tzinfo=UTC)),
        ("0001-01-01T00:00:00+01:00", datetime.min.replace(tzinfo=UTC)),
        ("9999-12-31T23:59:59-01:00", datetime.max.replace(tzinfo=UTC)),
    ],
)
def test_a_moment_is_read_in_utc_whatever_its_offset(at, read):
    """PostgreSQL refuses an offset of 16 hours or more, which RFC 3339 allows."""
    moment = Thing().load({"at": at})["at"]

    assert (moment, moment.tzinfo) == (read, UTC)
