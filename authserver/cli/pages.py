"""All of a list, page by page."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

PAGE = 200
T = TypeVar("T")


def every(fetch: Callable[[T | None, int], Sequence[T]], limit: int | None = None) -> list[T]:
    """The first ``limit`` entries, or all of them.

    ``fetch`` takes the last entry of the page before, and a size.
    """
    return list(islice(_entries(fetch), limit))


def _entries(fetch: Callable[[T | None, int], Sequence[T]]) -> Iterator[T]:
    last: T | None = None
    while True:
        rows = fetch(last, PAGE)
        yield from rows
        if len(rows) < PAGE:
            return
        last = rows[-1]
