"""gunicorn in a process of its own, forked from this one, which has loaded everything already."""

import contextlib
import os
import select
import signal
import sys
import time
import traceback
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

from authserver.cli.gunicorn_server import Manner, serve
from authserver.cli.healthcheck import ask
from authserver.cli.output import RefusedError
from authserver.cli.parents import end_with_parent
from authserver.observability.logs import configure_logs
from authserver.settings import Settings

_START_SECONDS = 30.0
_STOP_SECONDS = 5.0
_POLL_SECONDS = 0.02
_LOOK_MILLISECONDS = 500
_TAIL_LINES = 12
_STDOUT = 1


class ServerProcess:
    """The server as a child; it says everything into a log.

    It is in a session of its own, so that Ctrl-C reaches us alone, and we end it before what it
    works on. When we are killed the kernel kills it, and each worker likewise.
    """

    def __init__(self, settings: Settings, log: Path) -> None:
        self._settings = settings
        self._log = log
        self._pid: int | None = None

    def __enter__(self) -> Self:
        if self._log.exists():
            self._log.replace(self._log.with_suffix(".log.old"))
        parent = os.getpid()
        self._pid = os.fork()
        if self._pid == 0:
            self._become_server(parent)
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

    def wait_until_ready(self) -> None:
        """Return when ``/readyz`` says so. Raises :class:`RefusedError` if it never does."""
        deadline = time.monotonic() + _START_SECONDS
        while not self._is_ready():
            if self._has_ended():
                raise self._failure("could not start")
            if time.monotonic() > deadline:
                raise self._failure(f"is not ready after {_START_SECONDS:g} s")
            time.sleep(_POLL_SECONDS)

    def wait(self) -> None:
        """Return when the terminal is gone; if ``make`` was its first program, nobody tells us.

        Raises :class:`RefusedError` when the server ends by itself.
        """
        terminal = select.poll()
        if os.isatty(_STDOUT):
            terminal.register(_STDOUT, 0)
        while not terminal.poll(_LOOK_MILLISECONDS):
            if self._has_ended():
                raise self._failure("has ended by itself")

    def _is_ready(self) -> bool:
        with contextlib.suppress(OSError):
            return ask(self._settings.bind, "/readyz") == 200
        return False

    def _has_ended(self) -> bool:
        if self._pid is None:
            return True
        if os.waitpid(self._pid, os.WNOHANG)[0]:
            self._pid = None
        return self._pid is None

    def _ends_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not self._has_ended():
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def _signal(self, number: signal.Signals) -> None:
        if self._pid is not None:
            os.kill(self._pid, number)

    def _failure(self, what: str) -> RefusedError:
        lines = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        tail = "\n".join(lines[-_TAIL_LINES:])
        return RefusedError("server_failed", f"The server {what}. {self._log} ends with:\n{tail}")

    def _become_server(self, parent: int) -> NoReturn:
        """The life of the child. It never returns into what its parent was about to do."""
        code = 1
        try:
            os.setsid()
            end_with_parent(signal.SIGKILL, parent)
            _speak_into(self._log)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_DFL)
            configure_logs(self._settings.log_level, self._settings.log_format)
            serve(self._settings, Manner(graceful_timeout=4, last_signal=signal.SIGKILL))
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
