"""``authserver resource``: the services that take our access tokens."""

from typing import TYPE_CHECKING, Any

import click

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
    from authserver.resources.resource_server import ResourceServerValue

_COLUMNS = ("audience", "name", "signing_alg", "access_token_ttl", "id")


@click.group()
def resource() -> None:
    """Register, list and remove resource servers."""


@resource.command()
@click.argument("audience")
@click.option("--name", required=True, help="What people call the service.")
@click.option("--signing-alg", help="Algorithm of the tokens for it. Default: the server's.")
@click.option("--access-token-ttl", type=int, help="Life of the tokens for it, in seconds.")
@output_option
def create(audience: str, output: str, **members: Any) -> None:
    """Register a resource server.

    Its tokens may have an algorithm and a life of their own.

    \b
    Example:
      authserver resource create https://api.example.com --name "The API" --signing-alg RS256
    """
    from authserver.resources.schemas import ResourceServerSchema
    from authserver.resources.service import ResourceServerService

    told = {name: value for name, value in members.items() if value is not None}
    with open_services() as services:
        made = services.get(ResourceServerService).create(OPERATOR, {"audience": audience} | told)
    show_record(output, ResourceServerSchema().dump(made))


@resource.command(name="list")
@click.option("--limit", type=click.IntRange(min=1), default=1000, show_default=True)
@output_option
def list_resources(limit: int, output: str) -> None:
    """List the resource servers.

    \b
    Example:
      authserver resource list
    """
    from authserver.resources.schemas import ResourceServerSchema
    from authserver.resources.service import ResourceServerService

    def fetch(last: "ResourceServerValue | None", size: int) -> "list[ResourceServerValue]":
        return list(resources.list(after=last.id if last else None, limit=size))

    with open_services() as services:
        resources = services.get(ResourceServerService)
        found = every(fetch, limit)
    rows = ResourceServerSchema(many=True).dump(found)
    show_rows(output, rows, _COLUMNS, "No resource server is registered.")


@resource.command()
@click.argument("audience")
@yes_option
@output_option
def delete(audience: str, yes: bool, output: str) -> None:
    """Forget a resource server; tokens for it follow the defaults again.

    \b
    Example:
      authserver resource delete https://api.example.com --yes
    """
    from authserver.errors import ResourceServerNotFound
    from authserver.resources.service import ResourceServerService

    with open_services() as services:
        resources = services.get(ResourceServerService)
        found = resources.find(audience)
        if found is None:
            raise ResourceServerNotFound
        confirm(f"Forget the resource server {audience}?", yes=yes)
        resources.delete(OPERATOR, found.id)
    record = {"id": str(found.id), "audience": audience, "deleted": True}
    show_done(output, f"The resource server {audience} is deleted.", record)
