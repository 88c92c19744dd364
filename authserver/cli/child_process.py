"""A child of the development server: forked from it, bound to its life, and speaking into a log."""

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

from authserver.cli.output import RefusedError
from authserver.cli.parents import end_with_parent

_STOP_SECONDS = 5.0
_POLL_SECONDS = 0.02
_TAIL_LINES = 12


class ChildProcess:
    """``live`` in a process of its own, which has loaded everything already.

    It is in a session of its own, so that Ctrl-C reaches us alone, and we end it before what it
    works on. When we are killed the kernel kills it.
    """

    def __init__(self, name: str, log: Path, live: Callable[[], None]) -> None:
        self._name = name
        self._log = log
        self._live = live
        self._pid: int | None = None

    def __enter__(self) -> Self:
        if self._log.exists():
            self._log.replace(self._log.with_suffix(".log.old"))
        parent = os.getpid()
        self._pid = os.fork()
        if self._pid == 0:
            self._become_child(parent)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._signal(signal.SIGTERM)
        if not self._ends_within(_STOP_SECONDS):
            self._signal(signal.SIGKILL)
            self._ends_within(_STOP_SECONDS)

    def check(self) -> None:
        """Raises :class:`RefusedError` when the child has ended by itself."""
        if self.has_ended():
            raise self.failure("has ended by itself")

    def has_ended(self) -> bool:
        if self._pid is None:
            return True
        if os.waitpid(self._pid, os.WNOHANG)[0]:
            self._pid = None
        return self._pid is None

    def failure(self, what: str) -> RefusedError:
        """An error that ends with the end of the child's log."""
        lines = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        tail = "\n".join(lines[-_TAIL_LINES:])
        return RefusedError(
            "server_failed", f"The {self._name} {what}. {self._log} ends with:\n{tail}"
        )

    def _ends_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not self.has_ended():
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def _signal(self, number: signal.Signals) -> None:
        if self._pid is not None:
            os.kill(self._pid, number)

    def _become_child(self, parent: int) -> NoReturn:
        """The life of the child. It never returns into what its parent was about to do."""
        code = 1
        try:
            os.setsid()
            end_with_parent(signal.SIGKILL, parent)
            _speak_into(self._log)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
            self._live()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except BaseException:  # noqa: BLE001 - whatever it is, it belongs into the log
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)


def _speak_into(log: Path) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(nothing)
    os.close(descriptor)
