"""Addresses to listen at: ``host:port``, ``[::1]:port`` or ``unix:/path``."""

import contextlib
import os
import socket

from authserver.cli.output import RefusedError

UNIX = "unix:"
# With these, gunicorn is handed sockets that somebody else has bound.
_HANDED_OVER = ("LISTEN_FDS", "GUNICORN_FD")


def host_and_port(bind: str) -> tuple[str, int]:
    """The two parts of an address that is no Unix socket. Raises :class:`RefusedError`."""
    host, _, port = bind.rpartition(":")
    if not port.isdigit():
        raise RefusedError(
            "invalid_address", f"{bind} is no address. Expected one such as 127.0.0.1:8000."
        )
    return host.strip("[]"), int(port)


def refuse_if_taken(bind: str, mend: str) -> None:
    """Raises :class:`RefusedError` when nobody could listen there now; ``mend`` says what to do."""
    if bind.startswith(UNIX) or any(name in os.environ for name in _HANDED_OVER):
        return
    host, port = host_and_port(bind)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with contextlib.closing(socket.socket(family)) as probe:
        # As gunicorn does: connections of the run before may still be in TIME_WAIT.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = error.strerror or str(error)
            raise RefusedError(
                "address_in_use", f"Nobody can listen at {bind}: {reason.lower()}. {mend}"
            ) from error
