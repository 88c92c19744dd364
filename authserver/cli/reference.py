"""The reference of the settings, made from the settings themselves."""

import dataclasses
from typing import Any

from authserver.settings import variable_name, variables

_HEAD = """# Settings

Every setting is an environment variable. One that holds a secret may instead be read from the
file that the same name with `_FILE` at its end names. All mistakes are reported at once, at the
start, and an `AUTHSERVER_` name that does not exist is one of them. `authserver config show` shows
what is in force. Durations are in seconds. This page is generated: `make reference`.

| variable | default | |
|---|---|---|
"""


def settings_reference() -> str:
    """The page ``docs/reference/settings.md``."""
    return _HEAD + "".join(map(_row, variables()))


def _row(field: dataclasses.Field[Any]) -> str:
    note = " A secret: may come from a file." if field.metadata["secret"] else ""
    meaning = field.metadata["doc"].replace("|", "\\|")
    return f"| `{variable_name(field)}` | {_default(field.default)} | {meaning}{note} |\n"


def _default(value: Any) -> str:
    if value is dataclasses.MISSING:
        return "*required*"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple | list):
        value = ",".join(value)
    return f"`{value}`" if str(value) else ""
