"""Who works on a data folder of PostgreSQL, told from the processes and not from what they leave.

After a kill -9 the file `postmaster.pid` stays, and its number may meanwhile belong to somebody
else; PostgreSQL then refuses to start. In a container, where numbers are small and recur, that is
the rule rather than the exception.
"""

import sys
import time
from pathlib import Path

from authserver.devservices.errors import FolderInUseError
from authserver.devservices.supervision import POLL_SECONDS

_PID_LINE = 0
_STATUS_LINE = 7


def wait_until_vacant(data: Path, seconds: float) -> None:
    """Return when nobody works on ``data`` and PostgreSQL can start there.

    A server on its way out is given ``seconds`` to go; one that is up raises FolderInUseError at
    once. Where the system has no /proc, the judgement is left to PostgreSQL.
    """
    if sys.platform != "linux" or not data.exists():
        return
    deadline = time.monotonic() + seconds
    while inhabitants := _inhabitants(data):
        master = _master(data)
        if master in inhabitants or time.monotonic() > deadline:
            pid = master if master in inhabitants else inhabitants[0]
            raise FolderInUseError(
                f"Another PostgreSQL server, process {pid}, works on {data}. "
                f"Stop the program that started it, or end the server with: kill -INT {pid}"
            )
        time.sleep(POLL_SECONDS)
    (data / "postmaster.pid").unlink(missing_ok=True)


def _inhabitants(data: Path) -> list[int]:
    """The servers, and their children, that work in ``data``: PostgreSQL always goes there."""
    home = data.resolve()
    return [
        int(process.name) for process in Path("/proc").glob("[0-9]*") if _lives_in(process, home)
    ]


def _lives_in(process: Path, home: Path) -> bool:
    # A process may end between two questions, and those of other people do not answer the second.
    try:
        is_postgres = (process / "comm").read_text().strip() == "postgres"
        return is_postgres and (process / "cwd").readlink() == home
    except OSError:
        return False


def _master(data: Path) -> int | None:
    """The process that serves ``data`` by its own account; None if it is stopping, or none does."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return None
    if len(lines) > _STATUS_LINE and lines[_STATUS_LINE].strip() == "stopping":
        return None
    return abs(int(lines[_PID_LINE])) if lines else None
