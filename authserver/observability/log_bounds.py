"""What a log takes at most, whatever callers bring about (CWE-779, CVE-2025-65015).

Of one message so many a second, of all else how many were left out; and no line that a caller can
make as long as they like. The access log has its own line for each request, of bounded length.
"""

import logging
import time
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

import structlog

# Lines of one logger with one message within a second: a storm shows itself in fewer.
PER_SECOND = 50
# Characters of one member, and of all members of a line together.
LONGEST = 4000
WHOLE = 7000
# What is no longer than that stays whole: names, times and ids, by which a line is found.
_SHORT = 100
# Those beyond the limit of the audit record are in the log alone: there they are whole.
_WHOLE_LOGS = frozenset({"authserver.audit.service"})
_CUT = " [...] "
_LEFT_OUT = "log.lines_left_out"


class Sampling(logging.Filter):
    """Lets the first lines of each message pass, every second anew."""

    def __init__(
        self, per_second: int = PER_SECOND, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._per_second = per_second
        self._monotonic = monotonic
        self._second = 0
        self._seen: dict[tuple[str, str], int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """A handler calls it under no lock: at worst a line more passes."""
        if record.name in _WHOLE_LOGS:
            return True
        second = int(self._monotonic())
        if second != self._second:
            self._begin(second)
        key = record.name, _message(record)
        count = self._seen[key] = self._seen.get(key, 0) + 1
        return count <= self._per_second

    def _begin(self, second: int) -> None:
        """A new second; what was left out in the one before is told in one line.

        It is told with the next line of any logger: if none follows, not at all.
        """
        seen, self._seen, self._second = self._seen, {}, second
        for (name, message), count in seen.items():
            if count > self._per_second:
                left_out = count - self._per_second
                structlog.get_logger(name).warning(_LEFT_OUT, count=left_out, of=message)


def shorten(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Cut what is too long; a processor of structlog. Of a text its end is kept as well."""
    if len(str(event)) <= LONGEST:
        return event
    left = WHOLE
    for name, value in event.items():
        text = value if isinstance(value, str) else str(value)
        room = max(_SHORT, min(LONGEST, left))
        if len(text) > room:
            event[name] = text = _cut(text, room)
        left -= len(name) + len(text)
    return event


def _cut(text: str, size: int) -> str:
    half = max(0, size - len(_CUT)) // 2
    return text[:half] + _CUT + text[len(text) - half :]


def _message(record: logging.LogRecord) -> str:
    """What is said, without what it is said of: structlog hands over a mapping."""
    said = record.msg
    return str(said.get("event", "")) if isinstance(said, Mapping) else str(said)[:200]
