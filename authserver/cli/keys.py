"""``authserver key``: the keys that sign tokens."""

import dataclasses

import click

from authserver.cli.operators import OPERATOR
from authserver.cli.output import confirm, output_option, show_done, show_rows, yes_option
from authserver.cli.services import open_services

_COLUMNS = ("algorithm", "purpose", "state", "activated_at", "expires_at", "kid")
_ROTATED = ("algorithm", "purpose", "result", "activated_at", "kid")


@click.group()
def key() -> None:
    """List, rotate and revoke signing keys."""


@key.command(name="list")
@output_option
def list_keys(output: str) -> None:
    """List all keys and their states; nothing secret is shown.

    \b
    Example:
      authserver key list
    """
    from authserver.signing.service import SigningService

    with open_services() as services:
        keys = services.get(SigningService).list_keys()
    rows = [dataclasses.asdict(entry) for entry in keys]
    show_rows(output, rows, _COLUMNS, "There is no key: run `authserver bootstrap`.")


@key.command()
@click.option("--algorithm", help="Only this one, such as ES256. Default: all.")
@output_option
def rotate(algorithm: str | None, output: str) -> None:
    """Let the next keys sign from now on.

    New next keys are made. A key that was made a moment ago is *pending*: it signs once it has
    been published for so long that everybody knows it. Tokens signed by the former key stay
    valid, and so this is no answer to a stolen key: revoke does that. Nothing is restarted.

    \b
    Example:
      authserver key rotate --algorithm ES256
    """
    from authserver.signing.service import SigningService

    with open_services() as services:
        outcomes = services.get(SigningService).rotate(OPERATOR, algorithm)
    rows = [dataclasses.asdict(outcome) for outcome in outcomes]
    show_rows(output, rows, _ROTATED, "There is nothing to rotate.")


@key.command()
@yes_option
@output_option
def revoke(yes: bool, output: str) -> None:
    """Believe none of the keys any more, for they were stolen; make new ones that sign at once.

    All tokens become worthless: everybody signs in anew. Services that verify by themselves go on
    believing the old keys for as long as they keep the JWKS. docs/operations/incidents.md says what
    else is to be done.

    \b
    Example:
      authserver key revoke
    """
    from authserver.signing.service import SigningService

    with open_services() as services:
        confirm("Revoke all signing keys? Everybody will have to sign in anew.", yes=yes)
        revoked = services.get(SigningService).revoke_all(OPERATOR)
    told = f"{len(revoked)} keys are revoked; new ones sign from now on."
    show_done(output, told, {"revoked": revoked})
