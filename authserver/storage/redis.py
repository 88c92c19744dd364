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
from authserver.observability.metrics import REDIS_FAILURES
from authserver.observability.spans import are_recorded, span

REST = 1.0
PATIENCE = 0.25

T = TypeVar("T")
log = structlog.get_logger(__name__)
_FAILURES = REDIS_FAILURES.of()


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

    @property
    def is_failing(self) -> bool:
        """Whether it did not answer when it was last asked."""
        return self._failing

    def attempt(self, command: str, action: Callable[[Redis], T]) -> T | None:
        """The result of ``action``, or None when Redis is not to be had.

        ``command`` is what it sends, for traces.
        """
        if not self.is_open:
            return None
        turns.pass_on()
        try:
            result = self._traced(action, command) if are_recorded() else action(self.client)
        except RedisError as error:
            self._closed_until = time.monotonic() + REST
            _FAILURES.add()
            self._tell(failing=True, reason=type(error).__name__)
            return None
        self._tell(failing=False)
        return result

    def _traced(self, action: Callable[[Redis], T], command: str) -> T:
        with span(command, "client", {"db.system.name": "redis", "db.operation.name": command}):
            return action(self.client)

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
