"""``authserver worker`` as it runs in production: a process of its own."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

from authserver.settings import PREFIX
from tests.support.live_server import ROOT, _die_with_the_tests, _text


class WorkerProcess:
    """``settings`` are names of settings in lower case and their values."""

    def __init__(self, settings: dict[str, Any], log: Path) -> None:
        self._settings = settings
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        ours = {PREFIX + name.upper(): _text(value) for name, value in self._settings.items()}
        foreign = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "authserver", "worker"],
                cwd=ROOT,
                env=foreign | {"PYTHONUNBUFFERED": "1"} | ours,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=_die_with_the_tests,
            )
        return self

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self, seconds: float = 20) -> int:
        """The exit code; negative for the signal that ended it."""
        assert self._process is not None
        return self._process.wait(seconds)

    def wait_for(self, said: str, seconds: float = 30) -> None:
        """Return when this stands in the log. Raises AssertionError when it never does."""
        deadline = time.monotonic() + seconds
        while said not in self.log():
            assert time.monotonic() < deadline, self.log()[-3000:]
            time.sleep(0.05)

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
