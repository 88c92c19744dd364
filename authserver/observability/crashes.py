"""Mistakes of ours that nobody had thought of: each gets an id, and is told.

The caller sees the id and nothing else, the log has everything. Somebody else may want to know as
well, such as an error tracker.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import getrandbits
from typing import Any

import structlog

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Crash:
    """What happened. ``event`` is a word for where, ``said`` what the log says of it beside."""

    error_id: str
    event: str
    error: BaseException
    said: dict[str, Any]


Listener = Callable[[Crash], None]
_listeners: list[Listener] = []


def tell_of_crashes(listener: Listener) -> None:
    """Call it with each crash of this process; it must not take long, nor raise anything."""
    _listeners.append(listener)


def report_crash(event: str, error: BaseException, **said: Any) -> str:
    """Log it, tell whoever wants to know; the id by which it is found: 32 hexadecimal digits."""
    crash = Crash(f"{getrandbits(128):032x}", event, error, said)
    log.error(event, error_id=crash.error_id, exc_info=error, **said)
    for listener in _listeners:
        listener(crash)
    return crash.error_id
