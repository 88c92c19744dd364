"""``authserver config``: the settings that are in force."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import click

from authserver.cli.found_settings import find_settings
from authserver.cli.output import JSON, output_option, show_record

HIDDEN = "[hidden]"
# What a URL may say about a server without telling how to get in.
_HARMLESS = frozenset({"host", "port", "dbname", "db", "sslmode", "connect_timeout"})


@click.group()
def config() -> None:
    """Show the configuration."""


@config.command()
@output_option
def show(output: str) -> None:
    """Show each setting by the name of its variable; secrets are hidden.

    \b
    Example:
      authserver config show --output json
    """
    from authserver.settings import variable_name, variables

    found = find_settings()
    values = {
        variable_name(field): _shown(
            getattr(found.settings, field.name), secret=field.metadata["secret"]
        )
        for field in variables()
    }
    if output != JSON:
        values = {name: value if value != "" else "-" for name, value in values.items()}
    show_record(output, values, f"Found in {found.origin}.")


def masked(url: str) -> str:
    """A URL without its password, or anything else that is not known to be harmless."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    name, colon, _ = user.partition(":")
    query = [
        (key, value if key in _HARMLESS else HIDDEN)
        for key, value in parse_qsl(parts.query, keep_blank_values=True)
    ]
    netloc = f"{name}{colon}{HIDDEN if colon else ''}{at}{host}"
    return urlunsplit((parts.scheme, netloc, parts.path, urlencode(query, safe="/[]"), ""))


def _shown(value: Any, *, secret: bool) -> Any:
    if secret and value:
        return masked(value) if "://" in value else HIDDEN
    return str(value) if isinstance(value, Path) else value
