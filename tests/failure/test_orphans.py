"""No process outlives its server, whatever it was waiting for."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

from tests.support.load import wait_until
from tests.support.mortal import Installation


def test_a_worker_that_waits_for_postgresql_ends_with_its_master(
    install: Callable[..., Installation],
) -> None:
    """It was killed and started again while PostgreSQL was away, and then the master is killed."""
    installation = install()
    server = installation.server
    installation.postgres.kill()
    server.kill_worker()
    wait_until(lambda: "worker.waits" in server.log(), 20)
    workers = server.worker_pids
    master = int(Path(f"/proc/{workers[0]}/stat").read_text().rpartition(")")[2].split()[1])

    os.kill(master, signal.SIGKILL)

    assert wait_until(lambda: not any(map(_is_running, workers)), 10) < 10


def _is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
