"""The servers behind the servers: PostgreSQL and Valkey, and where all this runs."""

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from authserver import __version__
from authserver.clock import SystemClock
from authserver.devservices.postgres import EmbeddedPostgres
from authserver.devservices.redis import EmbeddedValkey
from benchmarks.cores import Cores, choose_cores, pinned_to
from benchmarks.meter import Family
from benchmarks.wrk import check_wrk


@dataclass(frozen=True)
class Machine:
    """One PostgreSQL (fsync on) and one Valkey in a temporary folder, on the core of servers."""

    folder: Path
    postgres: EmbeddedPostgres
    valkey: EmbeddedValkey
    cores: Cores

    def families(self, server: int) -> dict[str, Family]:
        """Whose processor time a request costs; ``server`` is its first process."""
        return {
            "server": Family(server),
            "postgres": Family(self.postgres.pid),
            "valkey": Family(self.valkey.pid),
        }


@contextmanager
def running_machine() -> Iterator[Machine]:
    """Start both; this process itself keeps to the core of the load meanwhile."""
    check_wrk()
    cores = choose_cores()
    # A short path: those of sockets are limited.
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        stack.enter_context(pinned_to(cores.load))
        with pinned_to(cores.servers):
            postgres = stack.enter_context(EmbeddedPostgres(folder))
            valkey = stack.enter_context(EmbeddedValkey(folder))
        yield Machine(folder, postgres, valkey, cores)


def describe_machine() -> dict[str, str]:
    """What a reader of figures must know of where they come from."""
    return {
        "date": SystemClock().now().astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{os.cpu_count()} cores, {_processor()}",
        "system": f"{platform.system()} {platform.release()}",
        "python": sys.version.split()[0],
        "authserver": __version__,
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
