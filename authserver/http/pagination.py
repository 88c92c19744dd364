"""Keyset pages: ``?limit=50&cursor=...``, no OFFSET and no count.

A page is ``{"items": [...], "next_cursor": "..."}``; the last one has null there.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from marshmallow import fields, validate

from authserver.http.fields import StrictSchema

DEFAULT_LIMIT = 50
MAX_LIMIT = 200

T = TypeVar("T")


class PageArguments(StrictSchema):
    """What a list takes in its query."""

    limit = fields.Integer(load_default=DEFAULT_LIMIT, validate=validate.Range(1, MAX_LIMIT))
    cursor = fields.UUID(load_default=None)


def page(
    fetch: Callable[[int], Sequence[T]], limit: int, cursor_of: Callable[[T], UUID | str]
) -> dict[str, Any]:
    """A page: one more row than asked for is fetched, to know whether there is a next page."""
    rows = fetch(limit + 1)
    items = list(rows[:limit])
    more = len(rows) > limit
    return {"items": items, "next_cursor": str(cursor_of(items[-1])) if more else None}
