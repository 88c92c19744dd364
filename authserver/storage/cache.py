"""A cache for what may be a few seconds old. It may forget anything at any time."""

from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from authserver.ids import digest
from authserver.observability.metrics import CACHE_LOOKUPS
from authserver.storage.redis import RedisDoor

_HITS, _MISSES = (CACHE_LOOKUPS.of("redis", outcome) for outcome in ("hit", "miss"))


class Cache(Protocol):
    """Keeps JSON values for a time."""

    def get(self, key: str) -> Any | None: ...

    def put(self, key: str, value: Any, ttl: int) -> None: ...

    def forget(self, *keys: str) -> None: ...


class NoCache:
    """The cache of a server without Redis: it remembers nothing."""

    def get(self, key: str) -> Any | None:
        return None

    def put(self, key: str, value: Any, ttl: int) -> None:
        pass

    def forget(self, *keys: str) -> None:
        pass


@dataclass(frozen=True)
class RedisCache:
    """JSON only, so that whoever writes to Redis cannot make us run anything (CWE-502).

    Keys are digests: nothing that a caller sent becomes part of a command or a key. Each value
    carries the name of its key, so that the answer to somebody else's question is never believed:
    clients of Redis have mixed up answers before (CVE-2023-28858).
    """

    redis: RedisDoor

    def get(self, key: str) -> Any | None:
        stored = self.redis.attempt("GET", lambda client: client.get(_name(key)))
        if stored is None:
            _MISSES.add()
            return None
        _HITS.add()
        return _opened(stored, _name(key))

    def put(self, key: str, value: Any, ttl: int) -> None:
        if ttl > 0:
            stored = orjson.dumps([_name(key), value])
            self.redis.attempt("SET", lambda client: client.set(_name(key), stored, ex=ttl))

    def forget(self, *keys: str) -> None:
        self.redis.attempt("DEL", lambda client: client.delete(*map(_name, keys)))


def _opened(stored: Any, name: str) -> Any | None:
    """The value, if it is one of ours and belongs to this name."""
    try:
        envelope = orjson.loads(stored)
    except (orjson.JSONDecodeError, TypeError):
        return None
    if not isinstance(envelope, list) or len(envelope) != 2 or envelope[0] != name:
        return None
    return envelope[1]


def _name(key: str) -> str:
    return f"authserver:cache:{digest(key).hex()}"
