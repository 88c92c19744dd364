"""The load generator: wrk, from Debian, with scripts of ours."""

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SCRIPTS = Path(__file__).parent / "lua"
_FOREVER = "3600s"
_ANSWER_SECONDS = "20s"
_LAST_SECONDS = 30.0


class BenchError(Exception):
    """The run cannot go on; the message says why."""


@dataclass(frozen=True)
class Shots:
    """What wrk is to send: a script of ours with its arguments."""

    script: str
    arguments: Sequence[str]
    connections: int


@dataclass(frozen=True)
class Outcome:
    """What came of it. A unit is one answer as it should be, or a whole flow; times in ms.

    ``refused`` are answers that asked to come again later, where the workload expects some.
    """

    units: int
    refused: int
    seconds: float
    p50: float
    p99: float
    errors: int
    first_error: str

    @property
    def rate(self) -> float:
        return self.units / self.seconds


def check_wrk() -> str:
    """Where wrk is. Raises :class:`BenchError` with how to get it."""
    program = shutil.which("wrk")
    if program is None:
        raise BenchError("wrk is missing, the load generator. Install it: apt-get install -y wrk")
    return program


class Running:
    """wrk at work, closed-loop: each connection asks again when it has been answered."""

    def __init__(self, base: str, shots: Shots) -> None:
        command = [check_wrk(), "--threads", "1", "--connections", str(shots.connections)]
        command += ["--duration", _FOREVER, "--timeout", _ANSWER_SECONDS]
        command += ["--script", str(_SCRIPTS / f"{shots.script}.lua"), base, "--"]
        self._process = subprocess.Popen(  # noqa: S603 - the command is ours.
            [*command, *shots.arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def finish(self) -> Outcome:
        """End it: wrk itself knows whole seconds only, and obeys a Ctrl-C at any time."""
        self._process.send_signal(signal.SIGINT)
        try:
            said, _ = self._process.communicate(timeout=_LAST_SECONDS)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise BenchError("wrk does not end.") from error
        return _outcome(said)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


def shoot(base: str, shots: Shots, seconds: float) -> Outcome:
    """Send for so long, and tell what came of it."""
    running = Running(base, shots)
    try:
        time.sleep(seconds)
        return running.finish()
    except BaseException:
        running.kill()
        raise


def _outcome(said: str) -> Outcome:
    lines = said.splitlines()
    found = next((number for number, line in enumerate(lines) if line.startswith("{")), None)
    if found is None:
        raise BenchError(f"wrk has failed:\n{said}")
    told: dict[str, Any] = json.loads(lines[found])
    return Outcome(
        units=told["units"],
        refused=told["refused"],
        seconds=told["microseconds"] / 1e6,
        p50=told["p50"] / 1e3,
        p99=told["p99"] / 1e3,
        errors=told["unexpected"] + told["broken"],
        first_error="\n".join(lines[found + 1 :]).removeprefix("unexpected: ").strip(),
    )
