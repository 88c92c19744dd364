"""What processes use, as the kernel counts it: processor time and memory."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# clock_gettime(2) takes a process for a clock (CLOCK_PROCESS_CPUTIME_ID of somebody else), exact to
# the nanosecond; /proc/<pid>/stat says the same in hundredths of a second.
_CPU_CLOCK = 2
_TICK = os.sysconf("SC_CLK_TCK")
_CHILD_TIMES = slice(13, 15)
_MICROSECONDS = 1_000_000
_KIB = 1024


@dataclass(frozen=True)
class Family:
    """A process and all that descend from it, whoever they are at the moment."""

    root: int

    def pids(self) -> list[int]:
        """The root first."""
        return [self.root, *_descendants(self.root)]

    def cpu(self) -> float:
        """Microseconds of user and system time so far, those of children that ended included."""
        return sum(_cpu_seconds(pid) for pid in self.pids()) * _MICROSECONDS

    def largest(self) -> float:
        """The proportional set size (MiB) of its largest process: of a worker, where there are."""
        return max(_pss_kib(pid) for pid in self.pids()) / _KIB


def cpu_of(families: Mapping[str, Family]) -> dict[str, float]:
    """The processor time of each family so far."""
    return {name: family.cpu() for name, family in families.items()}


def wait_until_idle(families: Mapping[str, Family], seconds: float = 10.0) -> None:
    """Return when all have done what is left over from before, or after ``seconds``."""
    deadline = time.monotonic() + seconds
    pause, quiet = 0.05, 2500
    before = sum(cpu_of(families).values())
    while time.monotonic() < deadline:
        time.sleep(pause)
        now = sum(cpu_of(families).values())
        if now - before < quiet:
            return
        before = now


def _descendants(pid: int) -> Iterator[int]:
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in _read(children).split():
            yield int(child)
            yield from _descendants(int(child))


def _cpu_seconds(pid: int) -> float:
    """Zero for who has ended: its parent has inherited its time."""
    with suppress(OSError):
        own = time.clock_gettime(~pid << 3 | _CPU_CLOCK)
        fields = _read(Path(f"/proc/{pid}/stat")).rpartition(")")[2].split()
        return own + sum(map(int, fields[_CHILD_TIMES])) / _TICK
    return 0.0


def _pss_kib(pid: int) -> int:
    for line in _read(Path(f"/proc/{pid}/smaps_rollup")).splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def _read(path: Path) -> str:
    """Empty for who has ended."""
    try:
        return path.read_text()
    except OSError:
        return ""
