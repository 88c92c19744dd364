"""What never gets into a log, wherever it comes from (OWASP ASVS 5.0, section 16.2.5)."""

import re
from collections.abc import MutableMapping
from typing import Any

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


def redact(_: Any, __: str, event: EventDict) -> EventDict:
    """Take out what is secret, by its name and by its form; a processor of structlog."""
    for name, value in event.items():
        if _SECRET_NAMES.search(name) and name not in _HARMLESS:
            event[name] = REDACTED
        elif isinstance(value, str):
            event[name] = redact_text(value)
    return event


def redact_text(text: str) -> str:
    """The text without what has the form of a secret."""
    return _SECRET_TEXT.sub(REDACTED, text)
