"""Fields and schemas of the REST API: strict about types, characters and surplus."""

import unicodedata
from datetime import UTC, datetime
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class StrictSchema(Schema):
    """A schema that refuses members that it does not know: no mass assignment (CWE-915)."""

    class Meta:
        unknown = RAISE


class Instant(fields.AwareDateTime):
    """A moment by RFC 3339, told in UTC: ``2026-11-22T13:14:15.123456Z``.

    Read with whatever offset, it is in UTC as well: PostgreSQL knows none of 16 hours or more. One
    beyond the first year or the last is the first or the last moment.
    """

    def _deserialize(self, *args: Any, **kwargs: Any) -> datetime:
        moment: datetime = super()._deserialize(*args, **kwargs)
        try:
            return moment.astimezone(UTC)
        except OverflowError:
            return _FIRST if moment.year == 1 else _LAST

    def _serialize(self, value: datetime | None, *_: Any, **__: Any) -> str | None:
        if value is None:
            return None
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Text(fields.String):
    """One line of text: no control characters, at most ``maximum`` characters."""

    def __init__(self, *, maximum: int = 255, minimum: int = 1, **kwargs: Any) -> None:
        super().__init__(validate=[validate.Length(min=minimum, max=maximum), one_line], **kwargs)


def one_line(value: str) -> None:
    """Refuse control characters, NUL and lone surrogates: PostgreSQL and logs cannot hold them."""
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in value):
        raise ValidationError("Control characters are not allowed.")
