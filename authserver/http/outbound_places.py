"""How many calls are made at once, so that slow servers of some do not stop the calls to others.

Where anybody may register, anybody may have us call a server that takes its time (CWE-770). So one
host has a share of the places only. And hosts that have not answered yet, or not the last time,
have half of the places together: hosts that answer find a free one beside them.
"""

import threading
from collections import Counter

# Hosts that have answered are remembered; the one that was not called for longest goes first.
_REMEMBERED = 1000


class Places:
    """``number`` in all, half of them for one host, and half for those that may not answer."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._half = max(1, number // 2)
        self._lock = threading.Lock()
        self._taken: Counter[str] = Counter()
        self._doubtful: Counter[str] = Counter()
        self._proven: dict[str, None] = {}

    def take(self, host: str, *, fairly: bool) -> bool:
        """A place for a call; False when there is none, or ``fairly`` none for this host."""
        with self._lock:
            if self._taken.total() >= self._number or (fairly and not self._has_share(host)):
                return False
            self._taken[host] += 1
            self._doubtful[host] += host not in self._proven
        return True

    def give_back(self, host: str, *, answered: bool) -> None:
        """The call has ended; whether the host has answered in good time."""
        with self._lock:
            self._taken[host] -= 1
            self._doubtful[host] = 0 if answered else self._taken[host]
            self._taken, self._doubtful = +self._taken, +self._doubtful
            self._proven.pop(host, None)
            if answered:
                self._proven[host] = None
                if len(self._proven) > _REMEMBERED:
                    del self._proven[next(iter(self._proven))]

    def _has_share(self, host: str) -> bool:
        known = host in self._proven
        return self._taken[host] < self._half and (known or self._doubtful.total() < self._half)
