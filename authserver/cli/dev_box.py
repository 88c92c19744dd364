"""What a developer sees when the server is up: enough to get a token in one minute.

The commands can be copied as they stand: no frame beside them, no blank at the end of a line.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from authserver.cli.dev_newcomers import ADMINISTRATOR, DEMO_CLIENT, Newcomers
from authserver.cli.output import JSON, show_record

if TYPE_CHECKING:
    from authserver.settings import Settings

_RULE = "─" * 78


def show_box(settings: "Settings", newcomers: Newcomers, var: Path, output: str) -> None:
    """Say where the server is, and how to get in; secrets only when they have just been made."""
    if output == JSON:
        show_record(output, _record(settings, newcomers, var))
    else:
        click.echo("\n".join(_lines(settings, newcomers, var)))
    sys.stdout.flush()


def _record(settings: "Settings", newcomers: Newcomers, var: Path) -> dict[str, str | None]:
    administrator = newcomers.administrator
    return {
        "issuer": settings.issuer,
        "administrator": ADMINISTRATOR,
        "password": administrator.password if administrator else None,
        "client_id": DEMO_CLIENT,
        "client_secret": newcomers.client_secret,
        "data": str(var),
    }


def _lines(settings: "Settings", newcomers: Newcomers, var: Path) -> list[str]:
    return [
        _RULE,
        "  Authserver runs in development mode. Do not use it like this in production.",
        "",
        f"  Address         {settings.issuer}",
        f"  Sign in         {settings.issuer}/sign-in",
        f"  REST API        {settings.issuer}/api/openapi.json",
        *_who(newcomers),
        f"  Data            {var}",
        f"  Log             {var / 'authserver.log'}",
        "",
        *_token_command(settings.issuer, newcomers),
        "  The keys by which anybody verifies it:",
        "",
        f"  curl -s {settings.issuer}/.well-known/jwks.json",
        "",
        "  Ctrl-C ends it. The data stay.",
        _RULE,
    ]


def _who(newcomers: Newcomers) -> list[str]:
    administrator, secret = newcomers.administrator, newcomers.client_secret
    command = _command()
    return [
        "",
        f"  Administrator   {ADMINISTRATOR}",
        f"  Password        {administrator.password}"
        if administrator
        else f"  Password lost?  {command} user reset-password {ADMINISTRATOR}",
        f"  Demo client     {DEMO_CLIENT}",
        f"  Secret          {secret}"
        if secret
        else f"  Secret lost?    {command} client rotate-secret {DEMO_CLIENT}",
        *(["  Note both: they are shown this once."] if administrator and secret else []),
        "",
    ]


def _token_command(issuer: str, newcomers: Newcomers) -> list[str]:
    administrator, secret = newcomers.administrator, newcomers.client_secret
    if administrator is None or secret is None:
        return []
    return [
        "  A token:",
        "",
        f"  curl -s {issuer}/oauth2/token \\",
        f"    -u {DEMO_CLIENT}:{secret} \\",
        f"    -d grant_type=password --data-urlencode username={administrator.email} \\",
        f"    --data-urlencode password={administrator.password} \\",
        "    --data-urlencode 'scope=openid offline_access manage'",
        "",
    ]


def _command() -> str:
    """How this program was called, so that a hint can be copied."""
    return sys.argv[0] if Path(sys.argv[0]).name == "authserver" else "authserver"
