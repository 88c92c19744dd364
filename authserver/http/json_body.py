"""One strict reader of JSON: UTF-8, each name once, finite numbers, no NUL, not too deep.

The standard library accepts repeated names (the last one wins) and NaN, and other readers of the
same bytes do not: what two readers understand differently is an attack (RFC 8259, section 4).
"""

import json
import math
from typing import Any, NoReturn

import orjson

from authserver.errors import Invalid

MAX_DEPTH = 32
_NUL = rb"\u0000"


class _MalformedError(ValueError):
    """What the hooks below raise."""


def load_json(body: bytes) -> Any:
    """The value that the body stands for. Raises :class:`Invalid`."""
    brackets = body.count(b"[") + body.count(b"{")
    if brackets > MAX_DEPTH * 64 or (brackets > MAX_DEPTH and _depth(body) > MAX_DEPTH):
        raise Invalid(fields={"json": ["This is nested too deeply."]})
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_float=_finite,
            parse_constant=_refuse,
        )
    except (ValueError, RecursionError) as error:
        reason = "Expected one JSON value in UTF-8 in which each name appears once."
        raise Invalid(fields={"json": [reason]}) from error
    return value


def is_plain(value: Any) -> bool:
    """Whether the value can be stored and written again, whoever wrote it.

    Half a letter (RFC 8259, section 8.2) and a number of more than 64 bits can be read and not be
    written; PostgreSQL stores no NUL.
    """
    try:
        return _NUL not in orjson.dumps(value)
    except orjson.JSONEncodeError:
        return False


def _depth(body: bytes) -> int:
    """The deepest nesting that the body can have; brackets within strings count as well."""
    depth = deepest = 0
    for byte in body:
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _MalformedError("a name is repeated")
    return members


def _finite(number: str) -> float:
    value = float(number)
    if math.isinf(value):
        raise _MalformedError("a number is too large")
    return value


def _refuse(constant: str) -> NoReturn:
    raise _MalformedError(constant)
