"""``authserver session``: who is signed in where."""

from typing import TYPE_CHECKING
from uuid import UUID

import click

from authserver.actor import SYSTEM
from authserver.cli.output import (
    confirm,
    output_option,
    show_done,
    show_rows,
    yes_option,
)
from authserver.cli.pages import every
from authserver.cli.services import open_services
from authserver.cli.subjects import named_user
from authserver.errors import SessionNotFound

if TYPE_CHECKING:
    from authserver.sessions.models import RefreshSession

_COLUMNS = ("id", "client_id", "scope", "created_at", "refreshed_at", "expires_at", "address")
_REASON = "ended_by_operator"


@click.group()
def session() -> None:
    """List and end the sessions of users."""


@session.command(name="list")
@click.option("--user", required=True, metavar="EMAIL|ID", help="Whose sessions.")
@click.option("--limit", type=click.IntRange(min=1), default=1000, show_default=True)
@output_option
def list_sessions(user: str, limit: int, output: str) -> None:
    """List the living sessions of a user, the youngest first.

    \b
    Example:
      authserver session list --user ada@example.com
    """
    from authserver.sessions.schemas import SessionSchema
    from authserver.sessions.service import SessionService

    def fetch(last: "RefreshSession | None", size: int) -> "list[RefreshSession]":
        return sessions.list_of_user(user_id, last.id if last else None, size)

    with open_services() as services:
        sessions = services.get(SessionService)
        user_id = named_user(services, user).id
        found = every(fetch, limit)
    show_rows(output, SessionSchema(many=True).dump(found), _COLUMNS, "There is no session.")


@session.command()
@click.argument("session_id", required=False, type=click.UUID)
@click.option("--user", metavar="EMAIL|ID", help="End all sessions of this user.")
@yes_option
@output_option
def end(session_id: UUID | None, user: str | None, yes: bool, output: str) -> None:
    """End one session, or all of a user.

    \b
    Examples:
      authserver session end 0198f3a2-5c6e-7c31-9a3e-6d1f0c2b7a11
      authserver session end --user ada@example.com --yes
    """
    if (session_id is None) == (user is None):
        raise click.UsageError("Name either a session or --user, and not both.")
    if session_id is not None:
        _end_one(session_id, output)
    elif user is not None:
        _end_all(user, yes, output)


def _end_one(session_id: UUID, output: str) -> None:
    from authserver.sessions.service import SessionService

    with open_services() as services:
        if not services.get(SessionService).end(session_id, _REASON, SYSTEM):
            raise SessionNotFound
    show_done(output, "The session has ended.", {"id": str(session_id), "ended": True})


def _end_all(user: str, yes: bool, output: str) -> None:
    from authserver.sessions.service import SessionService

    with open_services() as services:
        found = named_user(services, user)
        confirm(f"Sign {found.email} out everywhere?", yes=yes)
        count = services.get(SessionService).end_all(found.id, _REASON, SYSTEM)
    show_done(output, f"{count} sessions have ended.", {"user_id": str(found.id), "ended": count})
