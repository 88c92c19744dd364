"""Deleting what is of the past, a batch at a time."""

from collections.abc import Callable
from typing import NamedTuple

BATCH = 1000


class Cleared(NamedTuple):
    """What one batch did."""

    looked_at: int
    removed: int


def in_batches(clear: Callable[[int], Cleared], batch: int) -> int:
    """Call ``clear`` with the size of a batch until one was not full; how much was removed.

    Each batch commits by itself: one that fails takes back nothing of those before it.
    """
    removed = 0
    while True:
        cleared = clear(batch)
        removed += cleared.removed
        if cleared.looked_at < batch:
            return removed
