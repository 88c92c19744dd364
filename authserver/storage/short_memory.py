"""What a process remembers for less than a second, so that it need not ask PostgreSQL each time.

A change made by another process is obeyed within that time even when its notice is lost. Nothing
older is ever given out: who cannot ask again gets the error.
"""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from authserver.observability.metrics import CACHE_LOOKUPS

# Less than the second that is promised: the rest is for the request itself.
TTL = 0.9
BOUND = 10_000

K = TypeVar("K")
V = TypeVar("V")


class ShortMemory(Generic[K, V]):
    """Remembers answers for ``ttl`` seconds, the ``bound`` latest at most; safe among threads.

    "There is none" is an answer as well. Remembered values must be immutable: all threads share
    them. ``name`` is what the metrics call it.
    """

    def __init__(
        self,
        name: str,
        ttl: float = TTL,
        bound: int = BOUND,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hits = CACHE_LOOKUPS.of(name, "hit")
        self._misses = CACHE_LOOKUPS.of(name, "miss")
        self._ttl = ttl
        self._bound = bound
        self._monotonic = monotonic
        # Each answer with its end. All live equally long: the first to come is the first to end.
        self._answers: dict[K, tuple[float, V]] = {}
        self._forgotten = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._answers)

    def get(self, key: K, ask: Callable[[], V]) -> V:
        """The remembered answer, or what ``ask`` answers now; what it raises is not remembered."""
        now = self._monotonic()
        remembered = self._answers.get(key)
        if remembered is not None and now < remembered[0]:
            self._hits.add()
            return remembered[1]
        self._misses.add()
        forgotten = self._forgotten
        value = ask()
        self._remember(key, value, now, forgotten)
        return value

    def forget(self, key: K) -> None:
        """The key has changed: ask again next time."""
        with self._lock:
            self._forgotten += 1
            self._answers.pop(key, None)

    def _remember(self, key: K, value: V, asked_at: float, forgotten: int) -> None:
        with self._lock:
            # Something changed while we asked: the answer may be from before the change.
            if forgotten != self._forgotten:
                return
            self._answers.pop(key, None)
            self._make_room(asked_at)
            self._answers[key] = (asked_at + self._ttl, value)

    def _make_room(self, now: float) -> None:
        """Drop what has ended, and the oldest answer of a full memory."""
        while self._answers:
            oldest = next(iter(self._answers))
            if len(self._answers) < self._bound and now < self._answers[oldest][0]:
                return
            del self._answers[oldest]
