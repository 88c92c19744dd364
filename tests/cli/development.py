"""``authserver dev`` as a developer starts it, and a look at the processes that belong to it."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Self

_COMMAND = [sys.executable, "-m", "authserver", "dev", "--output", "json"]
_START_SECONDS = 60.0


class DevelopmentServer:
    """It runs in a new folder with a short path, for sockets may not have a long one."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="authserver-dev-"))
        self.port = _free_port()
        self.first: dict[str, Any] = {}
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> dict[str, Any]:
        """Start it, and return what it says when it is ready."""
        self._process = subprocess.Popen(
            _COMMAND,
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        text = ""
        for line in self._process.stdout:
            text += line
            if line.startswith("}"):
                break
        answer: dict[str, Any] = json.loads(text)
        return answer

    def environment(self) -> dict[str, str]:
        """What ``make run`` is told, and nothing of ours."""
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return inherited | {"PORT": str(self.port), "VAR": "data"}

    def again(self) -> "subprocess.CompletedProcess[str]":
        """Start it a second time while it runs."""
        return subprocess.run(
            _COMMAND,
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=_START_SECONDS,
            check=False,
        )

    @property
    def processes(self) -> list[int]:
        """It, its children, and theirs."""
        assert self._process is not None
        return _tree(self._process.pid)

    def kill(self) -> None:
        """End the first process as the kernel would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """End it in good order; the exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(30)

    def __enter__(self) -> Self:
        self.first = self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def all_gone(processes: list[int], within: float) -> bool:
    """Whether none of the processes runs any more; zombies that nobody buries do not count."""
    deadline = time.monotonic() + within
    while any(map(_runs, processes)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _tree(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(process for child in children for process in _tree(int(child)))]


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
