"""Whether the machine's clock was stepped: told once a step, for tokens have times in them.

Expiry and consumption are decided by the database's clock, which a step of ours does not move. What
it does move is the ``iat`` and ``exp`` of tokens that are signed meanwhile.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from authserver.clock import Clock
from authserver.observability.metrics import CLOCK_STEPS

INTERVAL = 5.0
# NTP slews by half a millisecond a second; who wakes up late has both clocks late.
_TOLERANCE = 1.0

_STEPS = CLOCK_STEPS.of()
log = structlog.get_logger(__name__)


@dataclass
class ClockWatch:
    """Compares ``clock`` with one that nobody can set."""

    clock: Clock
    monotonic: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self._look()

    def check(self) -> float:
        """The seconds by which the clock was stepped since the last look; 0.0 if it was not."""
        then, counter = self._then, self._counter
        self._look()
        passed = timedelta(seconds=self._counter - counter)
        step = (self._then - then - passed).total_seconds()
        if abs(step) < _TOLERANCE:
            return 0.0
        log.warning("clock.stepped", seconds=round(step, 1))
        _STEPS.add()
        return step

    def _look(self) -> None:
        self._then, self._counter = self.clock.now(), self.monotonic()


def watch_clock_in_background(watch: ClockWatch, interval: float = INTERVAL) -> None:
    """Look now and then, in a thread that ends with the process."""

    def keep_looking() -> None:
        pause = threading.Event()
        while True:
            pause.wait(interval)
            watch.check()

    threading.Thread(target=keep_looking, name="clock-watch", daemon=True).start()
