"""Structured logs: one JSON line an event, each with the id of its request, nothing secret.

Every logger of every library goes through the same pipe, and so through the same redaction.
"""

import logging
import sys
from collections.abc import Callable
from typing import Any, TextIO

import structlog

from authserver.observability.access_log import write_lines_to
from authserver.observability.redaction import redact


def configure_logs(level: str, form: str) -> None:
    """Send all logs to standard error, as ``json`` or for the ``console``."""
    shared: list[Callable[..., Any]] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer = (
        structlog.processors.JSONRenderer(separators=(",", ":"))
        if form == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            # The default one shows local variables, which hold what callers sent.
            exception_formatter=structlog.dev.plain_traceback,
        )
    )
    final: list[Any] = [structlog.processors.format_exc_info, redact, renderer]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    # No form shows them, and each record would look for them anew.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    write_lines_to(_descriptor(sys.stderr) if form == "json" else None)
    # Authlib writes tokens to its debug log.
    logging.getLogger("authlib").setLevel(logging.INFO)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _descriptor(stream: TextIO) -> int | None:
    """The file behind a stream, if there is one."""
    try:
        return stream.fileno()
    except OSError:
        return None
