"""Values as PostgreSQL reads them from a statement's parameters: its text format.

PostgreSQL knows the type of each parameter from the statement, and so no type is sent.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID


def write(value: Any) -> bytes | None:
    """The parameter; None for null. Raises TypeError for a type that no statement uses."""
    if value is None:
        return None
    writer = _WRITERS.get(type(value))
    if writer is None:
        raise TypeError(f"no parameter is a {type(value).__name__}")
    return writer(value)


def _text(value: str) -> bytes:
    # libpq would send what stands before the zero byte, and so another text (CWE-158).
    if "\0" in value:
        raise ValueError("PostgreSQL stores no zero byte")
    return value.encode()


def _array(values: list[Any]) -> bytes:
    """PostgreSQL, section 8.15.2: each element in quotes, so that none is a keyword."""
    return b"{" + b",".join(map(_element, values)) + b"}"


def _element(value: Any) -> bytes:
    written = write(value)
    if written is None:
        return b"NULL"
    return b'"' + written.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


_WRITERS: Mapping[type, Callable[[Any], bytes]] = {
    str: _text,
    int: lambda value: b"%d" % value,
    float: lambda value: repr(value).encode(),
    bool: lambda value: b"t" if value else b"f",
    bytes: lambda value: b"\\x" + value.hex().encode(),
    UUID: lambda value: value.hex.encode(),
    datetime: lambda value: value.isoformat().encode(),
    list: _array,
}
