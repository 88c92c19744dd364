"""The folder the servers live in, and the one for their sockets, which nobody else can enter."""

import os
import stat
import tempfile
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from authserver.devservices.errors import EmbeddedServerError

# The kernel keeps the path of a socket in 108 bytes on Linux and 104 on macOS, the closing zero
# included.
_LONGEST_PATH = 103
_LONGEST_NAME = len(".s.PGSQL.5432")


def prepare_folder(folder: Path) -> None:
    """Make the folder for the data of the servers if need be, and refuse one that is not for us."""
    with suppress(PermissionError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise EmbeddedServerError(
            f"You, user {os.geteuid()}, may not write in the folder {folder}. "
            "Start as the user it belongs to, or name another folder."
        )


def socket_folder(folder: Path) -> Path:
    """The folder for the sockets of the servers whose data lie in ``folder``; made if need be.

    It lies in ``folder``, or, where the path would not do for a socket, in the temporary folder of
    the system under a name that follows from ``folder``, so that a second process finds the same.
    """
    nearby = folder / "sockets"
    chosen = nearby if _fits(nearby) else _far_folder(folder)
    if not _fits(chosen):
        raise EmbeddedServerError(
            f"The path {chosen} does not do for a Unix socket: with its name it may have "
            f"{_LONGEST_PATH} bytes, and no comma. Choose another data folder, or set TMPDIR."
        )
    chosen.mkdir(mode=0o700, parents=True, exist_ok=True)
    _refuse_if_shared(chosen)
    return chosen


def _fits(folder: Path) -> bool:
    # A comma parts the hosts in a list of PostgreSQL's clients, and cannot be escaped.
    return "," not in str(folder) and len(os.fsencode(folder)) + 1 + _LONGEST_NAME <= _LONGEST_PATH


def _far_folder(folder: Path) -> Path:
    name = sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"authserver-{os.geteuid()}-{name}"


def _refuse_if_shared(folder: Path) -> None:
    """Whoever can enter the folder is the superuser of the database.

    The temporary folder is open to everyone. So a folder that somebody else has put there first, or
    a link to one, is refused.
    """
    status = folder.lstat()
    ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()
    if not ours or stat.S_IMODE(status.st_mode) != 0o700:
        raise EmbeddedServerError(
            f"The socket folder {folder} must be a folder of yours with mode 0700, and is not. "
            "Remove it and start again."
        )
