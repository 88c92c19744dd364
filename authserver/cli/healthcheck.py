"""``authserver healthcheck``: asks the server on this machine how it is, for containers."""

import contextlib
import http.client
import ipaddress
import socket
from typing import Any

import click

from authserver.cli.addresses import UNIX, host_and_port
from authserver.cli.output import RefusedError, output_option, show_record

_PATIENCE = 2.0


@click.command()
@click.option("--ready", is_flag=True, help="Whether it can work (/readyz), not just lives.")
@click.option("--bind", help="Where it listens. Default: as AUTHSERVER_BIND says.")
@output_option
def healthcheck(ready: bool, bind: str | None, output: str) -> None:
    """Ask the server of this machine how it is.

    Exits with 0 when it answers, with 1 when it does not.

    \b
    Example:
      authserver healthcheck --ready
    """
    from authserver.cli.found_settings import find_settings

    address = bind or find_settings().settings.bind
    path = "/readyz" if ready else "/livez"
    try:
        status = ask(address.split(",")[0], path)
    except (OSError, http.client.HTTPException) as error:
        raise RefusedError(
            "unhealthy", f"Nobody answers at {address} ({type(error).__name__})."
        ) from error
    if status != 200:
        raise RefusedError("unhealthy", f"{address}{path} answers {status}, expected 200.")
    show_record(output, {"address": address, "path": path, "status": status})


def ask(bind: str, path: str, patience: float = _PATIENCE) -> int:
    """The status with which the server that listens at ``bind`` answers. Raises OSError."""
    connection = _connection(bind, patience)
    try:
        # Probes name no host of ours: the server is asked by its address.
        connection.request("GET", path, headers={"Host": "localhost"})
        return connection.getresponse().status
    finally:
        connection.close()


def _connection(bind: str, patience: float) -> http.client.HTTPConnection:
    if bind.startswith(UNIX):
        return _UnixConnection(bind.removeprefix(UNIX), timeout=patience)
    host, port = host_and_port(bind)
    return http.client.HTTPConnection(_reachable(host), port, timeout=patience)


def _reachable(host: str) -> str:
    """The address of this machine by which a server is reached that listens at all of them."""
    with contextlib.suppress(ValueError):
        address = ipaddress.ip_address(host or "::")
        if address.is_unspecified:
            return "127.0.0.1" if address.version == 4 else "localhost"
    return host


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str, **options: Any) -> None:
        super().__init__("localhost", **options)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
