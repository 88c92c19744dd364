"""The access log: one line for each request.

It goes to wherever the other logs go, in their form. But it is written so often, and always of the
same members, that the pipe of all others would cost more than most requests do: in JSON, a line is
made at once and handed to the kernel whole, past every lock.
"""

import json
import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import orjson
import structlog

from authserver.clock import SystemClock
from authserver.observability.redaction import REDACTED, redact_text
from authserver.observability.spans import Place

_NAME = "authserver.access"
# A pipe takes so much in one piece (PIPE_BUF), whatever address was asked for.
_MAX_PATH = 1024
# The longest that is registered has 17 letters, UPDATEREDIRECTREF (RFC 4437).
_MAX_METHOD = 17
_logger = logging.getLogger(_NAME)
_pipe = structlog.get_logger(_NAME)


class _Lines:
    """Where lines of JSON go past the pipe, if they do."""

    descriptor: int | None = None


def write_lines_to(descriptor: int | None) -> None:
    """Write requests to a file as lines of JSON, or without one through the pipe of all others."""
    _Lines.descriptor = descriptor


def log_request(
    *,
    request_id: str,
    method: str,
    path: str,
    status: int,
    milliseconds: float,
    address: str | None,
    place: Place | None = None,
) -> None:
    """Write the line of a request. What its sender chose freely is redacted.

    ``place`` is where the request is in a trace.
    """
    if not _logger.isEnabledFor(logging.INFO):
        return
    members: dict[str, Any] = {
        "request_id": redact_text(request_id),
        "method": method if method.isalpha() and len(method) <= _MAX_METHOD else REDACTED,
        "path": redact_text(path[:_MAX_PATH]),
        "status": status,
        "milliseconds": milliseconds,
        "address": address,
    }
    if place is not None:
        members |= {"trace_id": place.trace_id, "span_id": place.span_id}
    if _Lines.descriptor is None:
        _pipe.info("request", **members)
    else:
        _write(_Lines.descriptor, members)


def _write(descriptor: int, members: Mapping[str, Any]) -> None:
    moment = SystemClock().now().isoformat().replace("+00:00", "Z")
    usual = {"event": "request", "level": "info", "logger": _NAME, "timestamp": moment}
    line = orjson.dumps({**members, **usual})
    if not line.isascii():
        # Some take other letters than a line feed for the end of a line (CWE-117).
        line = json.dumps({**members, **usual}, separators=(",", ":")).encode()
    with suppress(OSError):
        # A log that takes no more lines is no reason to refuse requests.
        os.write(descriptor, line + b"\n")
