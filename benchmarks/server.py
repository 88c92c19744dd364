"""A server under load, as a child of ours on the core of the servers."""

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

import click

from authserver.cli.parents import end_with_parent
from benchmarks.cores import pinned_to
from benchmarks.wrk import BenchError

_START_SECONDS = 60.0
_STOP_SECONDS = 40.0
_POLL_SECONDS = 0.05
_LOG_TAIL = 3000
_COMPLAINTS = 10


class ServerProcess:
    """A program that listens at ``host``, and says at ``ready_path`` when it is ready."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        host: str,
        ready_path: str,
        log: Path,
        core: int,
    ) -> None:
        self._command = command
        self._environment = environment
        self._host = host
        self._ready_path = ready_path
        self._log = log
        self._core = core
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise BenchError("The server has not been started.")
        return self._process.pid

    def __enter__(self) -> Self:
        with pinned_to(self._core), self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - the command is ours.
                self._command,
                env=dict(self._environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=_end_with_us,
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._stop()
        if kind is not None:
            # The log goes with the folder, and may say why.
            click.echo("".join(self._complaints()[-_COMPLAINTS:]), err=True)

    def _complaints(self) -> list[str]:
        with self._log.open(errors="replace") as log:
            return [line for line in log if '"info"' not in line]

    def _stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self._is_ready():
            ended = self._process is None or self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                tail = self._log.read_text(errors="replace")[-_LOG_TAIL:]
                raise BenchError(
                    f"{self._command} does not become ready. Its log ends with:\n{tail}"
                )
            time.sleep(_POLL_SECONDS)

    def _is_ready(self) -> bool:
        with suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(self._host, timeout=2)
            connection.request("GET", self._ready_path)
            return connection.getresponse().status == 200
        return False


def free_host() -> str:
    """Address and port on which nobody listens yet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def clean_environment(prefix: str) -> dict[str, str]:
    """Ours, without what somebody has set for servers of their own."""
    return {name: value for name, value in os.environ.items() if not name.startswith(prefix)}


def _end_with_us() -> None:
    end_with_parent(signal.SIGTERM)
