"""Members of a client on the command line: by name, or many of them from a file."""

import json
from collections.abc import Callable
from typing import IO, Any, TypeVar

import click

from authserver.cli.output import RefusedError

F = TypeVar("F", bound=Callable[..., Any])


def metadata_options(command: F) -> F:
    """``--metadata`` and ``--set``, for all members that there are."""
    file = click.option(
        "--metadata",
        "file",
        type=click.File("rb"),
        help="A file with members by the names of RFC 7591 and OpenID Connect, in JSON; -: stdin.",
    )
    pair = click.option(
        "--set",
        "pairs",
        multiple=True,
        metavar="NAME=VALUE",
        help="One member; the value is JSON, or text where it is none. May be repeated.",
    )
    return file(pair(command))


def read_metadata(file: IO[bytes] | None, pairs: tuple[str, ...]) -> dict[str, Any]:
    """What the options say; ``--set`` wins. Raises :class:`RefusedError`."""
    members = _members_of(file) | dict(map(_member, pairs))
    _check_names(members)
    return members


def _check_names(members: dict[str, Any]) -> None:
    """RFC 7591 ignores members that nobody knows; here they are misspelt."""
    from authserver.clients.openid_metadata import untagged
    from authserver.clients.schemas import ClientChangeSchema

    known = ClientChangeSchema().fields.keys()
    unknown = sorted(name for name in members if name not in known and not untagged(name))
    if unknown:
        raise RefusedError("invalid_metadata", f"There is no member {', '.join(unknown)}.")


def _members_of(file: IO[bytes] | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        members = json.load(file)
    except ValueError as error:
        raise RefusedError("invalid_metadata", "The file is no JSON in UTF-8.") from error
    if not isinstance(members, dict):
        raise RefusedError("invalid_metadata", "Expected a JSON object in the file.")
    return members


def _member(pair: str) -> tuple[str, Any]:
    name, equals, value = pair.partition("=")
    if not (name and equals):
        raise RefusedError("invalid_metadata", "Expected --set name=value.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
