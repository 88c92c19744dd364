"""A cache for what may be a few seconds old. It may forget anything at any time."""

from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from authserver.ids import digest
from authserver.storage.redis import RedisDoor


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

    Keys are digests: nothing that a caller sent becomes part of a command or a key.
    """

    redis: RedisDoor

    def get(self, key: str) -> Any | None:
        stored = self.redis.attempt(lambda client: client.get(_name(key)))
        if stored is None:
            return None
        try:
            return orjson.loads(stored)
        except orjson.JSONDecodeError:
            return None

    def put(self, key: str, value: Any, ttl: int) -> None:
        if ttl > 0:
            self.redis.attempt(lambda client: client.set(_name(key), orjson.dumps(value), ex=ttl))

    def forget(self, *keys: str) -> None:
        self.redis.attempt(lambda client: client.delete(*map(_name, keys)))


def _name(key: str) -> str:
    return f"authserver:cache:{digest(key).hex()}"
