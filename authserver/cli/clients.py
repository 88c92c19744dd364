"""``authserver client``: the applications that ask for tokens."""

from typing import IO, TYPE_CHECKING, Any

import click

from authserver.cli.client_metadata import metadata_options, read_metadata
from authserver.cli.operators import OPERATOR
from authserver.cli.output import (
    confirm,
    output_option,
    show_done,
    show_record,
    show_rows,
    yes_option,
)
from authserver.cli.pages import every
from authserver.cli.services import open_services

if TYPE_CHECKING:
    from authserver.clients.metadata import Client
    from authserver.clients.secrets import RegisteredClient

_COLUMNS = ("client_id", "client_name", "enabled", "token_endpoint_auth_method", "grant_types")
_ONCE = "The secret is shown this once."


@click.group()
def client() -> None:
    """Register, show, change and remove clients (RFC 7591)."""


@client.command()
@click.option("--client-id", help="Left out: one is made.")
@click.option("--client-name", help="What people are shown. Needed, here or in --metadata.")
@click.option("--grant-types", help='Parted by spaces. Default: "authorization_code".')
@click.option("--response-types", help='Parted by spaces; "code" goes with authorization_code.')
@click.option("--redirect-uri", "redirect_uris", multiple=True, help="May be repeated.")
@click.option("--scope", help="The most that it may ask for, parted by spaces.")
@click.option("--audience", multiple=True, help="For whom its tokens are; may be repeated.")
@click.option("--token-endpoint-auth-method", help="Default: client_secret_basic.")
@click.option("--access-token-signing-alg", help="Algorithm of its access tokens.")
@click.option("--resource-server", is_flag=True, help="It may introspect everybody's tokens.")
@click.option("--first-party", is_flag=True, help="It belongs to whoever runs this server.")
@click.option("--strict", is_flag=True, help="Accept only the registered authentication method.")
@metadata_options
@output_option
def create(
    client_id: str | None,
    output: str,
    file: IO[bytes] | None,
    pairs: tuple[str, ...],
    **members: Any,
) -> None:
    """Register a client.

    \b
    Example:
      authserver client create --client-id shop --client-name Shop \\
        --grant-types "password refresh_token" --scope "openid profile" \\
        --token-endpoint-auth-method client_secret_basic --audience https://api.example.com
    """
    from authserver.clients.service import ClientService

    metadata = read_metadata(file, pairs) | _metadata(members)
    with open_services() as services:
        made = services.get(ClientService).create(OPERATOR, metadata, client_id)
    _show(output, made)


@client.command()
@click.argument("client_id")
@metadata_options
@output_option
def update(client_id: str, output: str, file: IO[bytes] | None, pairs: tuple[str, ...]) -> None:
    """Change members of a client; null removes one.

    \b
    Example:
      authserver client update shop --set client_name=Store --set 'contacts=["ops@example.com"]' \\
        --set logo_uri=null
    """
    from authserver.clients.service import ClientService

    with open_services() as services:
        clients = services.get(ClientService)
        changed = clients.update(OPERATOR, client_id, None, read_metadata(file, pairs))
    _show(output, changed)


@client.command()
@click.option("--uses", type=int, default=1, show_default=True, help="How many clients.")
@click.option("--ttl", type=int, default=86_400, show_default=True, help="Its life in seconds.")
@click.option("--note", help="For whom it is; the audit record shows it.")
@output_option
def registration_token(uses: int, ttl: int, note: str | None, output: str) -> None:
    """Issue a token by which somebody else registers clients (RFC 7591).

    \b
    Example:
      authserver client registration-token --uses 5 --ttl 86400
    """
    from authserver.registrations.schemas import RegistrationTokenSchema
    from authserver.registrations.service import RegistrationService

    with open_services() as services:
        issued = services.get(RegistrationService).issue_token(OPERATOR, uses, ttl, note)
    show_record(output, RegistrationTokenSchema().dump(issued), "The token is shown this once.")


@client.command(name="list")
@click.option("--limit", type=click.IntRange(min=1), default=1000, show_default=True)
@output_option
def list_clients(limit: int, output: str) -> None:
    """List clients by their ids.

    \b
    Example:
      authserver client list
    """
    from authserver.clients.service import ClientService

    def fetch(last: "Client | None", size: int) -> "list[Client]":
        return list(clients.list(after=last.client_id if last else None, limit=size))

    with open_services() as services:
        clients = services.get(ClientService)
        found = every(fetch, limit)
    rows = [_record(entry) for entry in found]
    show_rows(output, rows, _COLUMNS, "There is no client: run `authserver bootstrap`.")


@client.command()
@click.argument("client_id")
@output_option
def show(client_id: str, output: str) -> None:
    """Show a client. Secrets are not stored, so they cannot be shown.

    \b
    Example:
      authserver client show shop
    """
    from authserver.clients.service import ClientService

    with open_services() as services:
        found = services.get(ClientService).get(client_id)
    show_record(output, _record(found))


@client.command()
@click.argument("client_id")
@output_option
def enable(client_id: str, output: str) -> None:
    """Let a client work again.

    \b
    Example:
      authserver client enable shop
    """
    from authserver.clients.service import ClientService

    with open_services() as services:
        changed = services.get(ClientService).enable(OPERATOR, client_id)
    show_done(output, f"The client {client_id} is enabled.", _record(changed))


@client.command()
@click.argument("client_id")
@yes_option
@output_option
def disable(client_id: str, yes: bool, output: str) -> None:
    """Refuse a client everywhere until it is enabled again.

    \b
    Example:
      authserver client disable shop --yes
    """
    from authserver.clients.service import ClientService

    with open_services() as services:
        confirm(f"Refuse the client {client_id} everywhere?", yes=yes)
        changed = services.get(ClientService).disable(OPERATOR, client_id)
    show_done(output, f"The client {client_id} is disabled.", _record(changed))


@client.command()
@click.argument("client_id")
@yes_option
@output_option
def delete(client_id: str, yes: bool, output: str) -> None:
    """Remove a client with its secrets and sessions.

    \b
    Example:
      authserver client delete shop --yes
    """
    from authserver.clients.service import ClientService

    with open_services() as services:
        clients = services.get(ClientService)
        clients.get(client_id)
        confirm(f"Delete the client {client_id} and end all its sessions?", yes=yes)
        clients.delete(OPERATOR, client_id)
    record = {"client_id": client_id, "deleted": True}
    show_done(output, f"The client {client_id} is deleted.", record)


@client.command()
@click.argument("client_id")
@click.option("--overlap", type=int, help="Seconds for which the present secret stays valid.")
@output_option
def rotate_secret(client_id: str, overlap: int | None, output: str) -> None:
    """Give a client a new secret.

    For a day the present one is valid as well, unless --overlap says otherwise.

    \b
    Example:
      authserver client rotate-secret shop --overlap 0
    """
    from authserver.clients.schemas import RotatedSecretSchema
    from authserver.clients.secrets import DEFAULT_OVERLAP
    from authserver.clients.service import ClientService

    seconds = DEFAULT_OVERLAP if overlap is None else overlap
    with open_services() as services:
        rotated = services.get(ClientService).rotate_secret(OPERATOR, client_id, seconds)
    show_record(output, {"client_id": client_id} | RotatedSecretSchema().dump(rotated), _ONCE)


def _metadata(members: dict[str, Any]) -> dict[str, Any]:
    """The options by the names and in the forms of RFC 7591; what was not said is left out."""
    listed = {name: members.pop(name) for name in ("grant_types", "response_types")}
    metadata = {name: text.split() for name, text in listed.items() if text is not None}
    for name, value in members.items():
        if value not in (None, (), False):
            metadata[name] = list(value) if isinstance(value, tuple) else value
    return metadata


def _show(output: str, registered: "RegisteredClient") -> None:
    from authserver.clients.schemas import CreatedClientSchema, with_secret

    note = _ONCE if registered.secret else ""
    show_record(output, CreatedClientSchema().dump(with_secret(registered)), note)


def _record(found: "Client") -> dict[str, Any]:
    from authserver.clients.schemas import ClientSchema, as_json

    record: dict[str, Any] = ClientSchema().dump(as_json(found))
    return record
