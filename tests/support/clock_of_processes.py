"""Another time for the command and all its processes: their one clock is set from outside.

Only what asks our Clock sees it, and that is all of ours: nothing else may read the time.
"""

import sys
from pathlib import Path

_STEPPED = """
import sys
from datetime import timedelta
from pathlib import Path
from authserver.clock import SystemClock

now, path = SystemClock.now, Path(sys.argv[1])
SystemClock.now = lambda self: now(self) + timedelta(seconds=float(path.read_text()))

from authserver.cli.main import run
sys.exit(run(sys.argv[2:]))
"""


class SteppedClock:
    """The clock of processes that are started by ``command``; ``step`` sets it for all of them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.step(0)

    def command(self, *arguments: str) -> list[str]:
        """``authserver`` with these arguments."""
        return [sys.executable, "-c", _STEPPED, str(self._path), *arguments]

    def step(self, seconds: float) -> None:
        """From now on the clock is ahead by so many seconds."""
        draft = self._path.with_suffix(".draft")
        draft.write_text(str(seconds))
        draft.replace(self._path)
