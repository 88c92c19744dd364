"""PostgreSQL as a child of ours, on a Unix socket, with its data in a folder."""

import os
import shutil
import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg2
from psycopg2 import sql

from authserver.devservices.binaries import postgres_binary
from authserver.devservices.errors import EmbeddedServerError
from authserver.devservices.folders import prepare_folder, socket_folder
from authserver.devservices.postmaster import wait_until_vacant
from authserver.devservices.supervision import NOBODY, Child, spawn

_START_SECONDS = 60.0
_STOP_SECONDS = 20.0
_PORT = "5432"
_NAME = "authserver"
_INITDB = [
    f"--username={_NAME}",
    # The socket lies in a folder that only we can enter, so whoever gets that far is us.
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
]
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A failed statement and its detail quote values, and values may be secret: keep both out of the
    # log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
_HASTE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedPostgres:
    """A PostgreSQL server that lives as long as this process, or shorter; its data last.

    Without ``durable`` a crash of the machine may destroy the data: for tests. ``start`` raises
    EmbeddedServerError when the server is missing or does not come up, and FolderInUseError when
    another one works on the same data. Two first starts at once are kept apart by FolderLock, not
    here.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self._folder = folder.absolute()
        self._data = self._folder / "postgres"
        self._durable = durable
        self._child = Child("PostgreSQL", self._folder / "postgres.log")

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def url(self) -> str:
        return self._url_of(_NAME)

    def start(self) -> None:
        """Start the server, made ready on first use, and return when it accepts connections."""
        prepare_folder(self._folder)
        wait_until_vacant(self._data, _STOP_SECONDS)
        if not self._data.exists():
            self._initialise()
        self._refuse_if_foreign()
        command = [str(postgres_binary("postgres")), "-D", str(self._data), *self._options()]
        # SIGINT is PostgreSQL's fast shutdown: it drops its clients, ends its own children, and
        # saves.
        self._child.start(command, last_signal=signal.SIGINT, as_nobody_in=self._data)
        self._child.wait_until(self._is_ready, _START_SECONDS)

    def stop(self) -> None:
        """End the server in good order; if it does not obey, as a crash would."""
        if not self._child.end(signal.SIGINT, _STOP_SECONDS):
            self.kill()

    def kill(self) -> None:
        """End the server as a crash would; ``start`` waits until its children have noticed."""
        self._child.end(signal.SIGKILL, _STOP_SECONDS)

    def create_database(self, name: str) -> str:
        """Create an empty database and return its URL."""
        connection = self._connect()
        try:
            _create_database(connection, name)
        finally:
            connection.close()
        return self._url_of(name)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _url_of(self, database: str) -> str:
        # It names the port, or else PGPORT in the environment of a client would.
        host = quote(str(socket_folder(self._folder)), safe="")
        return f"postgresql+psycopg2://{_NAME}@/{quote(database)}?host={host}&port={_PORT}"

    def _initialise(self) -> None:
        """Make the data folder under another name, so that half a one is never taken for whole."""
        unfinished = self._folder / "postgres.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        command = [str(postgres_binary("initdb")), *_INITDB, "-D", str(unfinished)]
        if not self._durable:
            command.append("--no-sync")
        with spawn(command, subprocess.PIPE, signal.SIGINT, self._folder) as process:
            try:
                output, _ = process.communicate()
            except BaseException:
                process.send_signal(signal.SIGINT)
                raise
        if process.returncode != 0:
            text = output.decode(errors="replace")
            raise EmbeddedServerError(f"PostgreSQL could not make its data folder: {text}")
        unfinished.rename(self._data)

    def _refuse_if_foreign(self) -> None:
        owner, me = self._data.stat().st_uid, os.geteuid()
        if owner != me and not (me == 0 and owner == NOBODY):
            raise EmbeddedServerError(
                f"The database in {self._data} belongs to user {owner}, and you are user {me}. "
                "Start as that user, or name another folder."
            )

    def _options(self) -> list[str]:
        # The setting is a list, in which a quoted name may hold spaces and commas.
        sockets = str(socket_folder(self._folder)).replace('"', '""')
        settings = {
            **_SETTINGS,
            "port": _PORT,
            "unix_socket_directories": f'"{sockets}"',
            **({} if self._durable else _HASTE),
        }
        return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]

    def _connect(self) -> "psycopg2.extensions.connection":
        return psycopg2.connect(
            host=str(socket_folder(self._folder)), port=_PORT, user=_NAME, dbname="postgres"
        )

    def _is_ready(self) -> bool:
        """Whether the server accepts connections; makes our database if it is not there yet."""
        try:
            connection = self._connect()
        except psycopg2.OperationalError:
            return False
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT FROM pg_database WHERE datname = %s", (_NAME,))
                exists = cursor.rowcount == 1
            connection.rollback()
            if not exists:
                _create_database(connection, _NAME)
        finally:
            connection.close()
        return True


def _create_database(connection: "psycopg2.extensions.connection", name: str) -> None:
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
