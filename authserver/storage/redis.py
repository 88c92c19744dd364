"""Redis, when there is one: with short waits, and left alone for a moment after a failure.

Redis holds nothing that cannot be lost. A failure costs one log line and one wait, not one a
request: until ``REST`` seconds later every call is answered with "not there" at once.
"""

import time
from collections.abc import Callable
from typing import TypeVar

import structlog
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from authserver import turns

REST = 1.0
PATIENCE = 0.25

T = TypeVar("T")
log = structlog.get_logger(__name__)


class RedisDoor:
    """The way to Redis for everybody; it closes for a while when Redis fails."""

    def __init__(self, url: str) -> None:
        self.client: Redis = Redis.from_url(
            url,
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            retry=Retry(NoBackoff(), 0),
            client_name="authserver",
        )
        self._closed_until = 0.0
        self._failing = False

    @property
    def is_open(self) -> bool:
        return time.monotonic() >= self._closed_until

    def attempt(self, action: Callable[[Redis], T]) -> T | None:
        """The result of ``action``, or None when Redis is not to be had."""
        if not self.is_open:
            return None
        turns.pass_on()
        try:
            result = action(self.client)
        except RedisError as error:
            self._closed_until = time.monotonic() + REST
            self._tell(failing=True, reason=type(error).__name__)
            return None
        self._tell(failing=False)
        return result

    def _tell(self, *, failing: bool, reason: str = "") -> None:
        if failing is self._failing:
            return
        self._failing = failing
        if failing:
            log.warning("redis.lost", reason=reason)
        else:
            log.info("redis.found_again")

    def close(self) -> None:
        self.client.close()
