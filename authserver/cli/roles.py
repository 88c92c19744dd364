"""``authserver role``: what people may do."""

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
from authserver.cli.services import open_services
from authserver.cli.subjects import named_role

_COLUMNS = ("name", "description", "permissions", "built_in", "id")


@click.group()
def role() -> None:
    """Make, list and remove roles."""


@role.command()
@click.argument("name")
@click.option("--description", help="What the role is for.")
@click.option("--permission", "permissions", multiple=True, help="Such as users:read; repeatable.")
@output_option
def create(name: str, description: str | None, permissions: tuple[str, ...], output: str) -> None:
    """Make a role. Its name appears in access tokens.

    \b
    Example:
      authserver role create auditor --description "Reads the record" --permission audit:read
    """
    from authserver.roles.schemas import RoleSchema
    from authserver.roles.service import RoleService

    with open_services() as services:
        made = services.get(RoleService).create(OPERATOR, None, name, description, permissions)
    show_record(output, RoleSchema().dump(made))


@role.command(name="list")
@output_option
def list_roles(output: str) -> None:
    """List all roles.

    \b
    Example:
      authserver role list --output json
    """
    from authserver.roles.schemas import RoleSchema
    from authserver.roles.service import RoleService

    with open_services() as services:
        roles = services.get(RoleService).list()
    nothing = "There is no role: run `authserver bootstrap`."
    show_rows(output, RoleSchema(many=True).dump(roles), _COLUMNS, nothing)


@role.command()
@click.argument("name")
@yes_option
@output_option
def delete(name: str, yes: bool, output: str) -> None:
    """Take a role from everybody and remove it.

    \b
    Example:
      authserver role delete auditor --yes
    """
    from authserver.roles.service import RoleService

    with open_services() as services:
        found = named_role(services, name)
        confirm(f"Take the role {found.name} from everybody and delete it?", yes=yes)
        services.get(RoleService).delete(OPERATOR, None, found.id)
    show_done(output, f"The role {name} is deleted.", {"id": str(found.id), "deleted": True})
