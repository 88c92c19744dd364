"""The folder in which processes leave what they have counted, for the one that is asked.

What a process that has ended counted is added to what all others before it did, and its files go:
a number that only grows does not fall because a worker gave way to the next, and a gauge does not
stay behind.
"""

import fcntl
import os
import shutil
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prometheus_client.metrics_core import Metric
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from authserver.observability.recording import LOCK_SUFFIX, locked

# In memory: a disk would have to write each second.
_MEMORY = Path("/", "dev", "shm")
_PREFIX = "authserver-metrics-"
_LOCK = "lock"
_PAST = "past"
_dict: Any = MmapedDict
_merge: Any = MultiProcessCollector.merge
# Held while the folder is read, and while this process forks: what a child inherits is at rest.
reading = threading.Lock()


class MetricsFolder(Collector):
    """Collects for Prometheus, as a collector of its client library."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def collect(self) -> Iterable[Metric]:
        """What all processes together have counted."""
        self.bury()
        with reading:
            files = sorted(str(file) for file in self.path.glob("*.db"))
            return list(_merge(files))

    def bury(self) -> None:
        """Add what the dead have counted to the past."""
        with reading:
            for lock in self.path.glob(f"*{LOCK_SUFFIX}"):
                if not _is_locked(lock):
                    for file in self.path.glob(f"*_{lock.stem}.db"):
                        try:
                            self._keep(file)
                        finally:
                            # One that cannot be read, of a process that had only just begun, too.
                            file.unlink()
                    lock.unlink()

    def _keep(self, file: Path) -> None:
        kind = file.name.partition("_")[0]
        if kind == "gauge":
            return
        past = _dict(str(self.path / f"{kind}_{_PAST}.db"))
        for key, value, _, _ in _dict.read_all_values_from_file(str(file)):
            past.write_value(key, past.read_value(key)[0] + value, 0.0)
        past.close()


@contextmanager
def metrics_folder() -> Iterator[MetricsFolder]:
    """A new folder, and empty, until the end of the block in this process.

    Those that were left behind by servers that were killed are removed.
    """
    place = _MEMORY if os.access(_MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    _remove_left_behind(place)
    path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
    owner, descriptor = os.getpid(), locked(path / _LOCK)
    try:
        yield MetricsFolder(path)
    finally:
        # Workers are forked within the block, and leave it as well.
        if os.getpid() == owner:
            shutil.rmtree(path, ignore_errors=True)
            os.close(descriptor)


def _remove_left_behind(place: Path) -> None:
    for path in place.glob(f"{_PREFIX}*"):
        lock = path / _LOCK
        try:
            # One without a lock is just being made, and another user's is not for us to remove.
            is_ours = not path.is_symlink() and path.stat().st_uid == os.getuid()
            if is_ours and lock.exists() and not _is_locked(lock):
                shutil.rmtree(path, ignore_errors=True)
        except OSError:
            continue


def _is_locked(path: Path) -> bool:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)
