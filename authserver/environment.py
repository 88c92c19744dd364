"""Reading settings from environment variables.

A setting named ``session_idle_ttl`` is read from ``AUTHSERVER_SESSION_IDLE_TTL``. One that holds a
secret may instead be read from the file that ``AUTHSERVER_..._FILE`` names. All mistakes are
reported at once, and a name that is not known stops the start: it is a setting misspelt.
"""

import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from environs import EnvValidationError, FileAwareEnv

PREFIX = "AUTHSERVER_"
_NOT_SET = "Environment variable not set."

Fields = Sequence[dataclasses.Field[Any]]


class SettingsError(Exception):
    """The environment does not make a valid configuration; says each mistake by name."""

    def __init__(self, problems: dict[str, list[str]]) -> None:
        self.problems = problems
        lines = [f"  {name}: {' '.join(sentences)}" for name, sentences in sorted(problems.items())]
        super().__init__("The configuration is not valid:\n" + "\n".join(lines))


def setting(
    kind: str,
    doc: str,
    *,
    default: Any = dataclasses.MISSING,
    check: Callable[[Any], None] | None = None,
    secret: bool = False,
) -> Any:
    """A field that is read from the environment; without a default it is required."""
    metadata = {"kind": kind, "doc": doc, "check": check, "secret": secret}
    return dataclasses.field(default=default, repr=not secret, metadata=metadata)


def variable_name(field: dataclasses.Field[Any]) -> str:
    """The name of the environment variable from which a field is read."""
    return PREFIX + field.name.upper()


def read_settings(fields: Fields, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The value of each field by its name.

    ``overrides`` are values for what the environment does not say. Raises :class:`SettingsError`.
    """
    env = FileAwareEnv(eager=False, prefix=PREFIX)
    values = {field.name: _read(env, field, overrides) for field in fields}
    problems = _unknown_names(fields)
    try:
        env.seal()
    except EnvValidationError as error:
        messages = cast(Mapping[str, list[str]], error.error_messages)
        meanings = {variable_name(field): field.metadata["doc"] for field in fields}
        problems |= {
            name: _say(meanings.get(name, ""), list(found)) for name, found in messages.items()
        }
    if problems:
        raise SettingsError(problems)
    return values


def _say(meaning: str, found: list[str]) -> list[str]:
    """What the library says of a variable that is not set is no help."""
    return [f"It is required. {meaning}"] if found == [_NOT_SET] else found


def _read(env: FileAwareEnv, field: dataclasses.Field[Any], overrides: Mapping[str, Any]) -> Any:
    options: dict[str, Any] = {}
    default = overrides.get(field.name, field.default)
    if default is not dataclasses.MISSING:
        options["default"] = list(default) if isinstance(default, tuple) else default
    if field.metadata["check"]:
        options["validate"] = field.metadata["check"]
    return getattr(env, field.metadata["kind"])(field.name.upper(), **options)


def _unknown_names(fields: Fields) -> dict[str, list[str]]:
    known = {variable_name(field) for field in fields}
    known |= {f"{name}_FILE" for name in known}
    return {
        name: ["This setting does not exist; look for a misspelling."]
        for name in os.environ
        if name.startswith(PREFIX) and name not in known
    }
