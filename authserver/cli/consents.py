"""``authserver consent``: what people have allowed clients."""

from typing import TYPE_CHECKING

import click

from authserver.cli.operators import OPERATOR
from authserver.cli.output import confirm, output_option, show_done, show_rows, yes_option
from authserver.cli.pages import every
from authserver.cli.services import open_services
from authserver.cli.subjects import named_user

if TYPE_CHECKING:
    from authserver.consents.consent import Consent

_COLUMNS = ("client_id", "client_name", "scope", "granted_at")


@click.group()
def consent() -> None:
    """List and withdraw what users have allowed clients."""


@consent.command(name="list")
@click.option("--user", required=True, metavar="EMAIL|ID", help="Whose consents.")
@click.option("--limit", type=click.IntRange(min=1), default=1000, show_default=True)
@output_option
def list_consents(user: str, limit: int, output: str) -> None:
    """List what a user has allowed clients.

    \b
    Example:
      authserver consent list --user ada@example.com
    """
    from authserver.consents.schemas import ConsentSchema
    from authserver.consents.service import ConsentService

    def fetch(last: "Consent | None", size: int) -> "list[Consent]":
        return consents.list(user_id, last.client_id if last else None, size)

    with open_services() as services:
        consents = services.get(ConsentService)
        user_id = named_user(services, user).id
        found = every(fetch, limit)
    show_rows(output, ConsentSchema(many=True).dump(found), _COLUMNS, "Nothing was granted.")


@consent.command()
@click.argument("client_id")
@click.option("--user", required=True, metavar="EMAIL|ID", help="Whose consent.")
@yes_option
@output_option
def withdraw(client_id: str, user: str, yes: bool, output: str) -> None:
    """Take back what a user has allowed a client.

    All sessions of the user at the client end; it must ask again.

    \b
    Example:
      authserver consent withdraw demo --user ada@example.com --yes
    """
    from authserver.consents.service import ConsentService

    with open_services() as services:
        found = named_user(services, user)
        confirm(f"End all sessions of {found.email} at {client_id}?", yes=yes)
        services.get(ConsentService).withdraw(found.id, client_id, OPERATOR)
    record = {"user_id": str(found.id), "client_id": client_id, "withdrawn": True}
    show_done(output, f"{client_id} must ask {found.email} again.", record)
