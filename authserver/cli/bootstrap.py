"""``authserver bootstrap``: what an empty database needs, and the first administrator."""

import click

from authserver.cli.output import output_option, show_record
from authserver.cli.passwords import password_from_stdin
from authserver.cli.services import open_services


@click.command()
@click.option("--admin-email", help="Make this administrator if there is none that can sign in.")
@click.option("--admin-password-stdin", is_flag=True, help="Their password; else one is made.")
@output_option
def bootstrap(admin_email: str | None, admin_password_stdin: bool, output: str) -> None:
    """Make what an empty database needs.

    That is the built-in roles, the built-in client and the signing keys. What is there already
    stays: it may run at each deployment, and in several places at once.

    \b
    Example:
      authserver bootstrap --admin-email admin@example.com
    """
    from authserver.bootstrap import bootstrap as make_what_is_missing
    from authserver.cli.administrators import ensure_administrator, has_administrator

    if admin_password_stdin and not admin_email:
        raise click.UsageError("--admin-password-stdin goes with --admin-email.")
    password = password_from_stdin() if admin_password_stdin else None
    with open_services() as services:
        make_what_is_missing(services)
        made = ensure_administrator(services, admin_email, password) if admin_email else None
        complete = made is not None or has_administrator(services)
    record: dict[str, bool | str | None] = {
        "ready": complete,
        "administrator": None,
        "password": None,
    }
    if made:
        record |= {"administrator": made.email, "password": made.password}
    shown = {name: value for name, value in record.items() if value is not None}
    show_record(output, record if output == "json" else shown, _note(complete, made is not None))


def _note(complete: bool, made: bool) -> str:
    if not complete:
        return (
            "There is no administrator who can sign in. Make one: "
            "authserver bootstrap --admin-email admin@example.com"
        )
    return "A generated password is shown this once." if made else "Everything is there."
