"""Errors as the command line tells them: one plain sentence, or ``{"code", "message"}``.

The fourth dialect beside those of the REST API, the OAuth endpoints and the pages. What is not
explained here is a fault of ours, and its traceback is shown.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import click

from authserver.cli.output import JSON, RefusedError


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether ``--output json`` was asked for, even if the rest cannot be understood."""
    pairs = pairwise(arguments)
    return "--output=json" in arguments or ("--output", JSON) in pairs


def tell(refusal: Mapping[str, Any], arguments: Sequence[str]) -> None:
    """Say on stderr why nothing was done."""
    if wants_json(arguments):
        import orjson

        click.echo(orjson.dumps(refusal, default=str), err=True)
        return
    lines = [str(refusal["message"])]
    for member, sentences in refusal.get("errors", {}).items():
        lines.append(f"  {member}: {_joined(sentences)}")
    click.echo("\n".join(lines), err=True)


def explain(error: Exception) -> dict[str, Any] | None:
    """The refusal that an error means, or None for one that nobody foresaw."""
    if isinstance(error, RefusedError):
        return {"code": error.code, "message": error.message}
    if isinstance(error, click.ClickException):
        return {"code": "usage", "message": _usage(error)}
    if isinstance(error, OSError):
        where = f": {error.filename}" if error.filename else ""
        return {"code": "system", "message": f"{error.strerror or error}{where}."}
    return _explain_ours(error)


def _explain_ours(error: Exception) -> dict[str, Any] | None:
    from authserver.devservices.errors import EmbeddedServerError
    from authserver.errors import AppError
    from authserver.settings import SettingsError
    from authserver.signing.keys import SigningKeysError
    from authserver.storage.migrations import SchemaError

    if isinstance(error, AppError):
        return _explain_app_error(error)
    codes: dict[type[Exception], str] = {
        SettingsError: "invalid_settings",
        SchemaError: "wrong_schema",
        SigningKeysError: "unusable_keys",
        EmbeddedServerError: "embedded_server",
    }
    for kind, code in codes.items():
        if isinstance(error, kind):
            return {"code": code, "message": str(error)}
    return _database_fault(error)


def _explain_app_error(error: Exception) -> dict[str, Any]:
    from authserver.errors import AppError, Invalid, Unavailable

    if not isinstance(error, AppError):
        raise TypeError("expected one of our errors")
    if isinstance(error, Unavailable) and (fault := _database_fault(error.__cause__)):
        return fault
    message = error.message
    if isinstance(error, Unavailable) and error.detail:
        message = f"{message} {error.detail}"
    refusal: dict[str, Any] = {"code": error.code, "message": message}
    if isinstance(error, Invalid) and error.fields:
        refusal["errors"] = error.fields
    return refusal


def _database_fault(error: BaseException | None) -> dict[str, Any] | None:
    """What libpq says about a server that is away or refuses us; it never names a password."""
    import psycopg
    import psycopg2
    from sqlalchemy.exc import DBAPIError

    fault = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(fault, psycopg.Error | psycopg2.Error):
        return None
    reason = (str(fault).splitlines() or [type(fault).__name__])[0].strip().rstrip(".")
    message = (
        f"PostgreSQL does not answer as it should: {reason}. "
        "Start it, or mend AUTHSERVER_DATABASE_URL."
    )
    return {"code": "database", "message": message}


def _usage(error: click.ClickException) -> str:
    """click's sentence, and where to read on."""
    context = getattr(error, "ctx", None)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return error.format_message()
    path = context.command_path if context is not None else "authserver"
    return f"{error.format_message()} See `{path} --help`."


def _joined(sentences: object) -> str:
    if isinstance(sentences, str):
        return sentences
    if isinstance(sentences, Mapping):
        return "; ".join(f"{name}: {_joined(value)}" for name, value in sentences.items())
    if isinstance(sentences, Sequence):
        return " ".join(_joined(entry) for entry in sentences)
    return str(sentences)
