"""Counters of attempts: in Redis, shared by all processes; in this process when Redis is away."""

import time
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import Protocol

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import RateLimiter, SlidingWindowCounterRateLimiter

from authserver.ids import digest
from authserver.storage.redis import RedisDoor

Limit = RateLimitItem


class RateLimits(Protocol):
    """Counts attempts in a sliding window."""

    def wait(self, limit: Limit, *key: str) -> int:
        """Count one attempt; the seconds to wait when it is one too many, else 0."""
        ...

    def is_exhausted(self, limit: Limit, *key: str) -> int:
        """The same without counting."""
        ...


def parse_limit(text: str) -> Limit:
    """A limit written as ``30/minute``. Raises ValueError for anything else."""
    return parse(text)


@dataclass(frozen=True)
class _Window:
    limiter: RateLimiter

    def wait(self, limit: Limit, key: tuple[str, ...]) -> int:
        return 0 if self.limiter.hit(limit, *key) else self._rest(limit, key)

    def is_exhausted(self, limit: Limit, key: tuple[str, ...]) -> int:
        return 0 if self.limiter.test(limit, *key) else self._rest(limit, key)

    def _rest(self, limit: Limit, key: tuple[str, ...]) -> int:
        reset_at = self.limiter.get_window_stats(limit, *key).reset_time
        return max(1, ceil(reset_at - time.time()))


class ProcessRateLimits:
    """Counts within this process."""

    def __init__(self) -> None:
        self._storage = MemoryStorage()
        self._window = _Window(SlidingWindowCounterRateLimiter(self._storage))

    def wait(self, limit: Limit, *key: str) -> int:
        return self._window.wait(limit, _hashed(key))

    def is_exhausted(self, limit: Limit, *key: str) -> int:
        # Mostly nobody has failed lately.
        return self._window.is_exhausted(limit, _hashed(key)) if self._storage.storage else 0


class RedisRateLimits:
    """Counts in Redis, and in this process as long as Redis is away."""

    def __init__(self, redis: RedisDoor) -> None:
        self._redis = redis
        storage = RedisStorage(
            "redis://", connection_pool=redis.client.connection_pool, key_prefix="authserver:limit"
        )
        self._window = _Window(SlidingWindowCounterRateLimiter(storage))
        self._fallback = ProcessRateLimits()

    def wait(self, limit: Limit, *key: str) -> int:
        hashed = _hashed(key)
        waiting = self._redis.attempt("EVALSHA", lambda _: self._window.wait(limit, hashed))
        return self._fallback.wait(limit, *key) if waiting is None else waiting

    def is_exhausted(self, limit: Limit, *key: str) -> int:
        hashed = _hashed(key)
        waiting = self._redis.attempt("EVALSHA", lambda _: self._window.is_exhausted(limit, hashed))
        return self._fallback.is_exhausted(limit, *key) if waiting is None else waiting


@lru_cache(maxsize=1024)
def _hashed(key: tuple[str, ...]) -> tuple[str, ...]:
    """What a caller sent never becomes part of a key."""
    return tuple(digest(part).hex()[:32] for part in key)
