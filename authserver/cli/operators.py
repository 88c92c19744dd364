"""Who uses the command line, and where, as the audit record has it."""

import os
import pwd
import socket

from authserver import __version__
from authserver.actor import Actor


def _login_name() -> str:
    """The name of the system's user; in a container it may have none.

    Of several people who become root by sudo it tells which one; nobody else is believed to be
    another one.
    """
    number = os.getuid()
    if number == 0 and (behind := os.environ.get("SUDO_USER")):
        return behind
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


OPERATOR = Actor(
    "operator", _login_name(), user_agent=f"authserver/{__version__} at {socket.gethostname()}"
)
