"""Processes that end with their parent, however it ends.

On Linux the kernel sends a signal at the death of the parent (PR_SET_PDEATHSIG, prctl(2)).
Elsewhere gunicorn's workers look at their parent once a second, and that has to do.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
# Opened before any fork: after it, little more than a system call is safe.
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def end_with_parent(last_signal: signal.Signals, parent: int | None = None) -> None:
    """Ask for ``last_signal`` at the death of the parent.

    ``parent`` is who it was at the fork: if it is gone already, we go too.
    """
    if _prctl is None:
        return
    _prctl(_PR_SET_PDEATHSIG, int(last_signal))
    if parent is not None and os.getppid() != parent:
        os._exit(1)
