"""Notices between processes: "this has changed, forget what you remember of it".

They only make a change known sooner. What a process remembers is short-lived as well, so that a
lost notice does no harm.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from redis.exceptions import RedisError

from authserver.storage.forks import after_fork
from authserver.storage.redis import REST, RedisDoor

Listener = Callable[[str], None]


class Notices(Protocol):
    """Carries the keys of changed things, by topic."""

    def publish(self, topic: str, key: str) -> None: ...

    def listen(self, topic: str, listener: Listener) -> None: ...


@dataclass
class LocalNotices:
    """Tells the listeners of this process."""

    listeners: dict[str, list[Listener]] = field(default_factory=dict)

    def publish(self, topic: str, key: str) -> None:
        for listener in self.listeners.get(topic, []):
            listener(key)

    def listen(self, topic: str, listener: Listener) -> None:
        self.listeners.setdefault(topic, []).append(listener)


class RedisNotices(LocalNotices):
    """Tells the listeners of all processes, through Redis."""

    def __init__(self, redis: RedisDoor) -> None:
        super().__init__()
        self._redis = redis
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def publish(self, topic: str, key: str) -> None:
        super().publish(topic, key)
        self._redis.attempt("PUBLISH", lambda client: client.publish(_channel(topic), key))

    def start(self) -> None:
        """Begin to hear the others, in this process and in those that are forked from it."""
        with self._starting:
            if self._thread is None:
                self._listen()
                after_fork(self, RedisNotices._listen)

    def _listen(self) -> None:
        self._thread = threading.Thread(target=self._hear, name="notices", daemon=True)
        self._thread.start()

    def _hear(self) -> None:
        pause = threading.Event()
        while True:
            try:
                self._subscribe()
            except (RedisError, OSError):
                pause.wait(REST)

    def _subscribe(self) -> None:
        with self._redis.client.pubsub(ignore_subscribe_messages=True) as subscription:
            subscription.subscribe(*map(_channel, self.listeners))
            while True:
                message = subscription.get_message(timeout=30)
                if message is not None:
                    self._tell(message["channel"].decode(), message["data"].decode())

    def _tell(self, channel: str, key: str) -> None:
        for topic in self.listeners:
            if _channel(topic) == channel:
                super().publish(topic, key)


def _channel(topic: str) -> str:
    return f"authserver:changed:{topic}"
