"""Structured logs: one JSON line an event, each with the id of its request, nothing secret.

Every logger of every library goes through the same pipe, and so through the same redaction.
"""

import logging
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, TextIO

import structlog

from authserver.observability.access_log import write_lines_to
from authserver.observability.crashes import report_crash
from authserver.observability.log_bounds import Sampling, shorten
from authserver.observability.redaction import redact

log = structlog.get_logger(__name__)


def configure_logs(level: str, form: str) -> None:
    """Send all logs to standard error, as ``json`` or for the ``console``."""
    shared: list[Callable[..., Any]] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    final: list[Any] = [structlog.processors.format_exc_info, redact, shorten, _renderer(form)]
    handler = _handler()
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


def _renderer(form: str) -> Callable[..., Any]:
    if form == "json":
        return structlog.processors.JSONRenderer(separators=(",", ":"))
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(),
        # The default one shows local variables, which hold what callers sent.
        exception_formatter=structlog.dev.plain_traceback,
    )


def catch_strays() -> None:
    """Send through the logs what Python would write to standard error by itself, in its own form.

    For processes that serve: whoever types a command reads what Python says of it.
    """
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_end_of_process
    threading.excepthook = _log_end_of_thread
    sys.unraisablehook = _log_ignored


def _log_end_of_process(
    kind: type[BaseException], error: BaseException, _: TracebackType | None
) -> None:
    if issubclass(kind, KeyboardInterrupt):
        log.info("process.interrupted")
    else:
        report_crash("process.crashed", error)


def _log_end_of_thread(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is not None and not isinstance(ended.exc_value, SystemExit):
        report_crash("thread.crashed", ended.exc_value, thread=getattr(ended.thread, "name", None))


def _log_ignored(ignored: "sys.UnraisableHookArgs") -> None:
    """Nothing could be done about it where it happened, as when an object was destroyed."""
    log.warning("error.ignored", exc_info=ignored.exc_value, told=ignored.err_msg)


def _handler() -> "logging.StreamHandler[TextIO]":
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Sampling())
    return handler


def _descriptor(stream: TextIO) -> int | None:
    """The file behind a stream, if there is one."""
    try:
        return stream.fileno()
    except OSError:
        return None
