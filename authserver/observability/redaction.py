"""What never gets into a log, wherever it comes from (OWASP ASVS 5.0, section 16.2.5)."""

import re
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

REDACTED = "[redacted]"
_SECRET_NAMES = re.compile(
    r"password|secret|token|authorization|cookie|assertion|code_verifier|^code$", re.IGNORECASE
)
# What begins as a JWS or a JWE in compact form, or the credentials of a header or a URL, wherever
# they stand in a text. Strangers choose such texts: all of this takes time in proportion to their
# length (CWE-1333).
_SECRET_TEXT = re.compile(
    r"eyJ[\w.-]{16,}"
    r"|([Bb]asic |[Bb]earer )[\w.~+/=-]{8,}|(://)[^/@\s]+(?=@)"
)
# Where PostgreSQL begins and ends to quote a whole row, or a key, in a refusal.
_QUOTES = re.compile(
    r"(?P<row>(?<=Failing row contains )\()|(?P<row_end>\)(?=\.?(?:\n|\Z)))"
    r"|(?P<key>(?<=\)=)\()|(?P<key_end>\)(?= (?:already|is|conflicts)\b))"
)
# A line of a statement, into which psycopg2 has written the values.
_QUOTED_LINE = re.compile(r"(?<=\nLINE )\d+: .*(?:\n *\^)?")
_HARMLESS = frozenset({"event"})
# Nobody but us says these.
_UNCHOSEN = frozenset({"level", "logger", "timestamp"})
_BY_POSTGRESQL = ("Failing row", "Key (", "\nLINE ")
EventDict = MutableMapping[str, Any]


def redact(_: Any, __: str, event: EventDict) -> EventDict:
    """Take out what is secret, by its name and by its form; a processor of structlog."""
    for name, value in event.items():
        event[name] = value if name in _UNCHOSEN else _redact_member(name, value)
    return event


def redact_value(value: Any) -> Any:
    """A value as JSON has them, without what is secret in it, however deep."""
    if isinstance(value, str):
        return redact_text(_without_rows(value))
    if isinstance(value, Mapping):
        return {name: _redact_member(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact_value(inner) for inner in value]
    if isinstance(value, bytes | BaseException):
        return redact_value(repr(value))
    return value


def _redact_member(name: str, value: Any) -> Any:
    if _SECRET_NAMES.search(name) and name not in _HARMLESS:
        return REDACTED
    return redact_value(value)


def _without_rows(text: str) -> str:
    if any(beginning in text for beginning in _BY_POSTGRESQL):
        return _QUOTED_LINE.sub(REDACTED, "".join(_unquoted(text)))
    return text


def _unquoted(text: str) -> Iterator[str]:
    """What stands between quotes; one that does not end goes on to the end of the text."""
    begun, rest = "", 0
    for found in _QUOTES.finditer(text):
        kind = str(found.lastgroup)
        if not begun and not kind.endswith("_end"):
            begun = kind
            yield text[rest : found.start()] + REDACTED
        elif kind == f"{begun}_end":
            begun, rest = "", found.end()
    if not begun:
        yield text[rest:]


def redact_text(text: str) -> str:
    """The text without what has the form of a secret."""
    return _SECRET_TEXT.sub(_redacted, text)


def _redacted(found: re.Match[str]) -> str:
    """What stands before the secret stays: looking behind would take twice as long."""
    return f"{found[1] or found[2] or ''}{REDACTED}"
