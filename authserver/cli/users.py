"""``authserver user``: accounts."""

from typing import TYPE_CHECKING, Any, BinaryIO

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
from authserver.cli.passwords import generate_password, password_from_person, password_from_stdin
from authserver.cli.services import open_services
from authserver.cli.subjects import named_role, named_user

if TYPE_CHECKING:
    from uuid import UUID

    from authserver.users.user import Profile
    from authserver.wiring import Services

_COLUMNS = ("email", "full_name", "enabled", "email_verified", "roles", "id")


@click.group()
def user() -> None:
    """Make, show, change and remove accounts."""


@user.command()
@click.option("--email", required=True, help="The address to sign in with.")
@click.option("--full-name", help="What people are called.")
@click.option("--password-stdin", is_flag=True, help="Read the password from stdin, not a prompt.")
@click.option("--role", "roles", multiple=True, help="A role beside `user`; may be repeated.")
@click.option("--email-verified", is_flag=True, help="The address is known to be theirs.")
@output_option
def create(
    email: str,
    full_name: str | None,
    password_stdin: bool,
    roles: tuple[str, ...],
    email_verified: bool,
    output: str,
) -> None:
    """Make an account.

    \b
    Example:
      printf %s 'correct horse' | authserver user create \\
        --email ada@example.com --full-name "Ada" --role admin --password-stdin
    """
    from authserver.users.service import UserService

    password = password_from_stdin() if password_stdin else password_from_person()
    with open_services() as services:
        made = services.get(UserService).create(
            OPERATOR, None, email, password, full_name, roles, email_verified
        )
        show_record(output, _record(services, made.id))


@user.command(name="list")
@click.option("--search", help="The beginning of an address.")
@click.option("--limit", type=click.IntRange(min=1), default=1000, show_default=True)
@output_option
def list_users(search: str | None, limit: int, output: str) -> None:
    """List accounts.

    \b
    Example:
      authserver user list --search ada@
    """
    from authserver.users.schemas import UserSchema
    from authserver.users.service import UserService

    def fetch(last: "Profile | None", size: int) -> "list[Profile]":
        return users.list(search, last.id if last else None, size)

    with open_services() as services:
        users = services.get(UserService)
        profiles = every(fetch, limit)
    show_rows(output, UserSchema(many=True).dump(profiles), _COLUMNS, "There is no such user.")


@user.command()
@click.argument("user", metavar="EMAIL|ID")
@output_option
def show(user: str, output: str) -> None:
    """Show an account.

    \b
    Example:
      authserver user show ada@example.com
    """
    with open_services() as services:
        show_record(output, _record(services, named_user(services, user).id))


@user.command()
@click.argument("user", metavar="EMAIL|ID")
@click.option("--email", help="Another address to sign in with; it is not verified.")
@click.option("--full-name", help="What people are called; empty takes it away.")
@click.option(
    "--profile",
    type=click.File("rb"),
    help="A JSON object of standard claims, such as birthdate; null takes one away. - is stdin.",
)
@output_option
def update(
    user: str, email: str | None, full_name: str | None, profile: BinaryIO | None, output: str
) -> None:
    """Change an account.

    \b
    Example:
      echo '{"locale": "de-AT"}' | authserver user update ada@example.com --profile -
    """
    from authserver.http.json_body import load_json
    from authserver.users.service import UserService
    from authserver.users.user import UserChanges

    changes: UserChanges = {}
    if email is not None:
        changes["email"] = email
    if full_name is not None:
        changes["full_name"] = full_name
    if profile is not None:
        changes["profile"] = load_json(profile.read())
    with open_services() as services:
        found = named_user(services, user)
        services.get(UserService).update(OPERATOR, None, found.id, None, changes)
        show_record(output, _record(services, found.id))


@user.command()
@click.argument("user", metavar="EMAIL|ID")
@output_option
def enable(user: str, output: str) -> None:
    """Let somebody sign in again.

    \b
    Example:
      authserver user enable ada@example.com
    """
    from authserver.users.service import UserService

    with open_services() as services:
        found = named_user(services, user)
        services.get(UserService).enable(OPERATOR, None, found.id)
        show_done(output, f"{found.email} may sign in again.", _record(services, found.id))


@user.command()
@click.argument("user", metavar="EMAIL|ID")
@yes_option
@output_option
def disable(user: str, yes: bool, output: str) -> None:
    """Shut somebody out at once, from every session.

    \b
    Example:
      authserver user disable ada@example.com --yes
    """
    from authserver.users.service import UserService

    with open_services() as services:
        found = named_user(services, user)
        confirm(f"End all sessions of {found.email} and refuse new ones?", yes=yes)
        services.get(UserService).disable(OPERATOR, None, found.id)
        show_done(output, f"{found.email} is shut out.", _record(services, found.id))


@user.command()
@click.argument("user", metavar="EMAIL|ID")
@yes_option
@output_option
def delete(user: str, yes: bool, output: str) -> None:
    """Remove an account with everything that belongs to it.

    \b
    Example:
      authserver user delete ada@example.com --yes
    """
    from authserver.users.service import UserService

    with open_services() as services:
        found = named_user(services, user)
        confirm(f"Delete {found.email} for good?", yes=yes)
        services.get(UserService).delete(OPERATOR, None, found.id)
    show_done(output, f"{found.email} is deleted.", {"id": str(found.id), "deleted": True})


@user.command()
@click.argument("user", metavar="EMAIL|ID")
@click.option("--password-stdin", is_flag=True, help="Read it from stdin; else one is made.")
@output_option
def reset_password(user: str, password_stdin: bool, output: str) -> None:
    """Give an account a new password.

    That ends all its sessions.

    \b
    Example:
      authserver user reset-password admin@example.com
    """
    from authserver.users.service import UserService

    password = password_from_stdin() if password_stdin else generate_password()
    with open_services() as services:
        found = named_user(services, user)
        services.get(UserService).reset_password(OPERATOR, None, found.id, password)
    record = {"id": str(found.id), "email": found.email}
    if password_stdin:
        show_record(output, record, "The password is changed; all sessions have ended.")
    else:
        show_record(output, record | {"password": password}, "The password is shown this once.")


@user.command()
@click.argument("user", metavar="EMAIL|ID")
@click.argument("role")
@output_option
def assign_role(user: str, role: str, output: str) -> None:
    """Give a role to somebody.

    \b
    Example:
      authserver user assign-role ada@example.com admin
    """
    from authserver.roles.service import RoleService

    with open_services() as services:
        found, wanted = named_user(services, user), named_role(services, role)
        services.get(RoleService).assign(OPERATOR, None, found.id, wanted.id)
        show_done(output, f"{found.email} has the role {role}.", _record(services, found.id))


@user.command()
@click.argument("user", metavar="EMAIL|ID")
@click.argument("role")
@output_option
def unassign_role(user: str, role: str, output: str) -> None:
    """Take a role from somebody.

    \b
    Example:
      authserver user unassign-role ada@example.com auditor
    """
    from authserver.roles.service import RoleService

    with open_services() as services:
        found, unwanted = named_user(services, user), named_role(services, role)
        services.get(RoleService).unassign(OPERATOR, None, found.id, unwanted.id)
        show_done(output, f"{found.email} has no role {role}.", _record(services, found.id))


def _record(services: "Services", user_id: "UUID") -> dict[str, Any]:
    """A user as the REST API shows one, fresh from the database."""
    from authserver.users.schemas import UserSchema
    from authserver.users.service import UserService

    profile = services.get(UserService).profile_now(user_id)
    record: dict[str, Any] = UserSchema().dump(profile)
    return record
