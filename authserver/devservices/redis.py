"""Valkey as a child of ours, on a Unix socket, holding nothing that has to last."""

import signal
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import redis

from authserver.devservices.binaries import valkey_binary
from authserver.devservices.folders import prepare_folder, socket_folder
from authserver.devservices.supervision import Child

_START_SECONDS = 10.0
_STOP_SECONDS = 5.0


class EmbeddedValkey:
    """A Valkey server that lives as long as this process, or shorter.

    ``start`` raises EmbeddedServerError when the server is missing or does not come up.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._child = Child("Valkey", self._folder / "valkey.log")

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self._socket))}?db=0"

    def start(self) -> None:
        """Start the server, and return when it answers."""
        prepare_folder(self._folder)
        command = [str(valkey_binary()), *self._options()]
        # There is nothing to save, so the surest signal is the best one.
        self._child.start(command, last_signal=signal.SIGKILL)
        self._child.wait_until(self._answers, _START_SECONDS)

    def stop(self) -> None:
        """End the server."""
        if not self._child.end(signal.SIGTERM, _STOP_SECONDS):
            self.kill()

    def kill(self) -> None:
        """End the server as a crash would."""
        self._child.end(signal.SIGKILL, _STOP_SECONDS)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def _socket(self) -> Path:
        return socket_folder(self._folder) / "valkey.sock"

    def _options(self) -> list[str]:
        # Counters of failed attempts carry a lifetime, and when memory runs out the ones nearest to
        # their end must go first: volatile-ttl. LRU would let an attacker wash them out, noeviction
        # would stop the cache.
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self._folder),
            "save": "",
            "appendonly": "no",
            "maxmemory": "256mb",
            "maxmemory-policy": "volatile-ttl",
        }
        return [word for name, value in options.items() for word in (f"--{name}", value)]

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False
