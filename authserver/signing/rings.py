"""The ring that a process holds, read again every few seconds."""

import threading
import time
from collections.abc import Callable
from math import inf

import structlog

from authserver.errors import Unavailable
from authserver.signing.keys import KeyRing, SigningKeysError

RE_READ_SECONDS = 2.0
IMPATIENT_SECONDS = 1.0

Read = Callable[[KeyRing | None], KeyRing]
log = structlog.get_logger(__name__)


class RingCache:
    """Holds the last good ring: no failure of the database or of a row takes it away.

    ``read`` is given the former ring. Only one thread reads while the others go on with what
    there is; when there is nothing yet, they wait.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._reading = threading.Lock()
        self._ring: KeyRing | None = None
        self._read_at = -inf
        self._failing = False

    def get(self, read: Read, at_most: float = RE_READ_SECONDS) -> KeyRing:
        """The ring, ``at_most`` so many seconds old unless it cannot be read.

        Raises what ``read`` raises as long as there is no ring.
        """
        ring = self._ring
        if ring is None:
            return self._first(read)
        if self._monotonic() - self._read_at < at_most:
            return ring
        return self._again(read, ring)

    @property
    def held(self) -> KeyRing | None:
        """The last good ring, however old; nothing is read."""
        return self._ring

    def expire(self) -> None:
        """Read again at the next occasion."""
        self._read_at = -inf

    def _first(self, read: Read) -> KeyRing:
        with self._reading:
            if self._ring is None:
                self._ring = read(None)
                self._read_at = self._monotonic()
            return self._ring

    def _again(self, read: Read, ring: KeyRing) -> KeyRing:
        if not self._reading.acquire(blocking=False):
            return ring
        try:
            ring = self._ring = read(ring)
            self._tell(failing=False)
        except (Unavailable, SigningKeysError) as error:
            self._tell(failing=True, reason=str(error))
        finally:
            self._read_at = self._monotonic()
            self._reading.release()
        return ring

    def _tell(self, *, failing: bool, reason: str = "") -> None:
        if failing is self._failing:
            return
        self._failing = failing
        if failing:
            log.error("signing_keys.unreadable", reason=reason)
        else:
            log.info("signing_keys.readable_again")
