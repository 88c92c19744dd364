"""What an event says of a change: the members that differ, as they were and as they are."""

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

# What is longer is told by its digest: anybody who may register a client could fill the record.
_LONGEST = 2000

Detail = dict[str, Any]


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Detail:
    """``{"before": {...}, "after": {...}}`` of the members that are not the same in both."""
    names = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    return {
        "before": {name: told(before[name]) for name in names if name in before},
        "after": {name: told(after[name]) for name in names if name in after},
    }


def told(value: Any) -> Any:
    """The value, or what it can be recognised by when it is long."""
    written = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    if len(written) <= _LONGEST:
        return value
    return {"sha256": hashlib.sha256(written).hexdigest(), "bytes": len(written)}
