"""The children of the development server: gunicorn, and the worker that does the jobs."""

import contextlib
import os
import select
import signal
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from authserver.cli.application import Manner
from authserver.cli.child_process import ChildProcess
from authserver.cli.gunicorn_server import serve
from authserver.cli.healthcheck import ask
from authserver.cli.job_worker import work
from authserver.observability.logs import catch_strays, configure_logs
from authserver.settings import Settings

_START_SECONDS = 30.0
_POLL_SECONDS = 0.02
_LOOK_MILLISECONDS = 500
_STDOUT = 1


def server_process(settings: Settings, log: Path) -> ChildProcess:
    """gunicorn, with workers that are killed when it is."""

    def live() -> None:
        configure_logs(settings.log_level, settings.log_format)
        catch_strays()
        serve(settings, Manner(graceful_timeout=4, last_signal=signal.SIGKILL))

    return ChildProcess("server", log, live)


def worker_process(settings: Settings, log: Path) -> ChildProcess:
    """The one that does the jobs."""

    def live() -> None:
        configure_logs(settings.log_level, settings.log_format)
        catch_strays()
        # The server tells of the queue as well, and one address answers for one process.
        work(replace(settings, metrics_bind=""))

    return ChildProcess("worker", log, live)


def wait_until_ready(server: ChildProcess, settings: Settings) -> None:
    """Return when ``/readyz`` says so. Raises :class:`RefusedError` if it never does."""
    deadline = time.monotonic() + _START_SECONDS
    while not _is_ready(settings):
        if server.has_ended():
            raise server.failure("could not start")
        if time.monotonic() > deadline:
            raise server.failure(f"is not ready after {_START_SECONDS:g} s")
        time.sleep(_POLL_SECONDS)


def wait_for_the_end(children: Sequence[ChildProcess]) -> None:
    """Return when the terminal is gone; if ``make`` was its first program, nobody tells us.

    Raises :class:`RefusedError` when a child ends by itself.
    """
    terminal = select.poll()
    if os.isatty(_STDOUT):
        terminal.register(_STDOUT, 0)
    while not terminal.poll(_LOOK_MILLISECONDS):
        for child in children:
            child.check()


def _is_ready(settings: Settings) -> bool:
    with contextlib.suppress(OSError):
        return ask(settings.bind, "/readyz") == 200
    return False
