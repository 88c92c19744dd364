"""Structured logs: one JSON line an event, each with the id of its request, nothing secret.

Every logger of every library goes through the same pipe, and so through the same redaction.
"""

import logging
import re
import sys
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog

REDACTED = "[redacted]"
_SECRET_NAMES = re.compile(
    r"password|secret|token|authorization|cookie|assertion|code_verifier|^code$", re.IGNORECASE
)
# A JWS in compact form, or the credentials of a header or a URL, wherever they stand in a text.
_SECRET_TEXT = re.compile(
    r"eyJ[\w-]+\.[\w-]+\.[\w-]*|(?<=Basic )[\w+/=]{8,}|(?<=Bearer )[\w.~+/=-]{8,}|(?<=://)[^/@\s]+(?=@)"
)
_HARMLESS = frozenset({"event"})
EventDict = MutableMapping[str, Any]


def configure_logs(level: str, form: str) -> None:
    """Send all logs to standard error, as ``json`` or for the ``console``."""
    shared: list[Callable[..., Any]] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer = (
        structlog.processors.JSONRenderer()
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
    # Authlib writes tokens to its debug log.
    logging.getLogger("authlib").setLevel(logging.INFO)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def redact(_: Any, __: str, event: EventDict) -> EventDict:
    """Take out what is secret, by its name and by its form (OWASP ASVS 5.0, section 16.2.5)."""
    for name, value in event.items():
        if _SECRET_NAMES.search(name) and name not in _HARMLESS:
            event[name] = REDACTED
        elif isinstance(value, str):
            event[name] = _SECRET_TEXT.sub(REDACTED, value)
    return event
