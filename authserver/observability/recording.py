"""What a process has counted, written to where whoever answers Prometheus reads it.

One thread does it, once a second: who counts is not kept. The files have the form of
prometheus-client's multiprocess mode, whose collector adds them up (``exposition``). Those of a
process are locked as long as it lives, so that nobody has to be told of its end: the kernel knows.
"""

import fcntl
import os
import secrets
import threading
from collections.abc import Callable, Sequence
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

import structlog
from prometheus_client.mmap_dict import MmapedDict, mmap_key

from authserver.observability.metrics import families
from authserver.observability.series import Counter, Family, Gauge, Histogram, Sample

INTERVAL = 1.0
LOCK_SUFFIX = ".lock"
AnyFamily = Family[Any]
# Its files know nothing of types.
_open_file: Any = MmapedDict
_key: Any = mmap_key
log = structlog.get_logger(__name__)


class Recording:
    """Writes all numbers of this process to files in ``folder``; ``measure`` is asked before."""

    def __init__(self, folder: Path, measure: Callable[[], None]) -> None:
        self._folder = folder
        self._measure = measure
        self._name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._files: dict[str, Any] = {}
        self._keys: dict[tuple[str, ...], str] = {}
        # Of each member what it was when it was last written.
        self._written: dict[int, float] = {}
        # The thread, and whoever ends the process.
        self._writing = threading.Lock()
        self._lock = locked(folder / f"{self._name}{LOCK_SUFFIX}")

    def start(self) -> None:
        """Begin at nothing, whatever the process that we were forked from has counted."""
        for family in families():
            family.forget()
        self.write()
        threading.Thread(target=self._keep_writing, name="metrics", daemon=True).start()
        # Also where a process ends in the manner of multiprocessing, past atexit.
        Finalize(None, self.write, exitpriority=0)

    def write(self) -> None:
        """Write what has changed."""
        with self._writing:
            self._try_to_measure()
            for family in families():
                self._write_family(family)

    def _keep_writing(self) -> None:
        pause = threading.Event()
        while not pause.wait(INTERVAL):
            try:
                self.write()
            except Exception:
                # The next second may be better: a folder that is full, say.
                log.exception("metrics.not_written")

    def _try_to_measure(self) -> None:
        try:
            self._measure()
        except Exception:
            # What was counted is written all the same.
            log.exception("metrics.not_measured")

    def _write_family(self, family: AnyFamily) -> None:
        for values, member in list(family.members.items()):
            # Taken first: what is counted meanwhile is written again next time.
            value = member.value
            if self._written.get(id(member)) != value:
                for sample in family.samples_of(values, member):
                    self._write(family, sample)
                self._written[id(member)] = value

    def _write(self, family: AnyFamily, sample: Sample) -> None:
        series = (sample.name, *(value for _, value in sample.labels))
        key = self._keys.get(series) or self._keys.setdefault(series, _key_of(family, sample))
        self._file(file_kind(family)).write_value(key, float(sample.value), 0.0)

    def _file(self, kind: str) -> Any:
        if kind not in self._files:
            self._files[kind] = _open_file(str(self._folder / f"{kind}_{self._name}.db"))
        return self._files[kind]


def file_kind(family: AnyFamily) -> str:
    """How the name of a file begins, from which the collector knows what to do with it."""
    if isinstance(family, Gauge):
        return f"gauge_live{family.merging}"
    return "histogram" if isinstance(family, Histogram) else "counter"


def _key_of(family: AnyFamily, sample: Sample) -> str:
    # Counters have two names there: of the family, and of the number.
    name = family.name.removesuffix("_total") if isinstance(family, Counter) else family.name
    labels, values = _columns(sample.labels)
    return str(_key(name, sample.name, labels, values, family.help))


def _columns(labels: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]]:
    return [name for name, _ in labels], [value for _, value in labels]


def locked(path: Path) -> int:
    """The descriptor of a new file that nobody ever sees unlocked while this process lives."""
    new = path.with_suffix(".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    new.rename(path)
    return descriptor
