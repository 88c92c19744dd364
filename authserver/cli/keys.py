"""``authserver key``: the keys that sign tokens."""

import dataclasses
from typing import TYPE_CHECKING

import click

from authserver.cli.operators import OPERATOR
from authserver.cli.output import confirm, output_option, show_done, show_rows, yes_option
from authserver.cli.services import open_services

if TYPE_CHECKING:
    from authserver.resealing import Resealed

_COLUMNS = ("algorithm", "purpose", "state", "activated_at", "expires_at", "kid")
_ROTATED = ("algorithm", "purpose", "result", "activated_at", "kid")


@click.group()
def key() -> None:
    """List, rotate and revoke signing keys, and exchange the key that seals them."""


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
@click.option(
    "--key-lost",
    is_flag=True,
    help="The key-encryption key is gone for good: give up the installation secret as well.",
)
@yes_option
@output_option
def revoke(key_lost: bool, yes: bool, output: str) -> None:
    """Believe none of the keys any more, for they were stolen; make new ones that sign at once.

    All tokens become worthless: everybody signs in anew. Services that verify by themselves go on
    believing the old keys for as long as they keep the JWKS. docs/operations/incidents.md says what
    else is to be done.

    \b
    Examples:
      authserver key revoke
      authserver key revoke --key-lost
    """
    from authserver.signing.installation_secret import InstallationSecret
    from authserver.signing.service import SigningService

    with open_services() as services:
        confirm("Revoke all signing keys? Everybody will have to sign in anew.", yes=yes)
        secret = services.get(InstallationSecret)
        replaced = key_lost and secret.replace_lost(OPERATOR)
        # With a wrong key nothing is revoked: the right one would not open what is made now.
        secret.read()
        revoked = services.get(SigningService).revoke_all(OPERATOR)
    told = f"{len(revoked)} keys are revoked; new ones sign from now on."
    if replaced:
        told += " The installation secret was lost; there is a new one."
    show_done(output, told, {"revoked": revoked, "installation_secret_replaced": replaced})


@key.command()
@output_option
def reseal(output: str) -> None:
    """Seal everything under the first key-encryption key, and so be done with the one before.

    That one has to stand behind the first until this is done. Tokens and sessions stay as they are.
    docs/operations/key-encryption-key.md has all the steps.

    \b
    Example:
      authserver key reseal
    """
    from authserver.resealing import reseal as reseal_all

    with open_services() as services:
        done = reseal_all(services, OPERATOR)
    show_done(output, _told_of(done), dataclasses.asdict(done))


def _told_of(done: "Resealed") -> str:
    told = "Everything was sealed under the first key already."
    if done.total:
        told = (
            f"Sealed anew: signing keys {done.signing_keys}, secrets of clients "
            f"{done.client_secrets}, installation secret {done.installation_secrets}."
        )
    if done.unreadable_clients:
        told += (
            " The secrets of these clients open with none of the keys; give them new ones "
            f"(`authserver client rotate-secret`): {', '.join(done.unreadable_clients)}."
        )
    return told
