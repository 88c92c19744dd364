"""``authserver session``: who is signed in where."""

from typing import TYPE_CHECKING
from uuid import UUID

import click

from authserver.cli.operators import OPERATOR
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
    from authserver.browser_sessions.models import BrowserSessionRow
    from authserver.sessions.models import RefreshSession

_COLUMNS = ("id", "client_id", "scope", "created_at", "refreshed_at", "expires_at", "address")
_BROWSER_COLUMNS = ("id", "signed_in_at", "seen_at", "expires_at", "address", "user_agent")
_REASON = "ended_by_operator"


@click.group()
def session() -> None:
    """List and end the sessions of users."""


@session.command(name="list")
@click.option("--user", required=True, metavar="EMAIL|ID", help="Whose sessions.")
@click.option("--browsers", is_flag=True, help="The browsers signed in, not the clients.")
@click.option("--limit", type=click.IntRange(min=1), default=1000, show_default=True)
@output_option
def list_sessions(user: str, browsers: bool, limit: int, output: str) -> None:
    """List the living sessions of a user, the youngest first.

    \b
    Examples:
      authserver session list --user ada@example.com
      authserver session list --user ada@example.com --browsers
    """
    if browsers:
        _list_browsers(user, limit, output)
    else:
        _list_clients(user, limit, output)


def _list_browsers(user: str, limit: int, output: str) -> None:
    from authserver.browser_sessions.schemas import BrowserSessionSchema
    from authserver.browser_sessions.service import BrowserSessionService

    def fetch(last: "BrowserSessionRow | None", size: int) -> "list[BrowserSessionRow]":
        return browser_sessions.list_of_user(user_id, last.id if last else None, size)

    with open_services() as services:
        browser_sessions = services.get(BrowserSessionService)
        user_id = named_user(services, user).id
        found = every(fetch, limit)
    rows = BrowserSessionSchema(many=True).dump(found)
    show_rows(output, rows, _BROWSER_COLUMNS, "There is no browser that is signed in.")


def _list_clients(user: str, limit: int, output: str) -> None:
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
@click.option("--all", "everyone", is_flag=True, help="End all sessions of all users.")
@yes_option
@output_option
def end(session_id: UUID | None, user: str | None, everyone: bool, yes: bool, output: str) -> None:
    """End one session, of a client or of a browser, all of a user, or all there are.

    With that of a browser end those of clients that came of it, but for offline access.

    \b
    Examples:
      authserver session end 0198f3a2-5c6e-7c31-9a3e-6d1f0c2b7a11
      authserver session end --user ada@example.com --yes
      authserver session end --all
    """
    if (session_id is not None) + (user is not None) + everyone != 1:
        raise click.UsageError("Name either a session, --user or --all, and one of them only.")
    if session_id is not None:
        _end_one(session_id, output)
    elif user is not None:
        _end_all(user, yes, output)
    else:
        _end_all_of_everyone(yes, output)


def _end_one(session_id: UUID, output: str) -> None:
    from authserver.authn.sign_out import SignOutService
    from authserver.sessions.service import SessionService

    with open_services() as services:
        if not services.get(SessionService).end(session_id, _REASON, OPERATOR):
            sign_out = services.get(SignOutService)
            if not sign_out.end_browser_sessions([session_id], _REASON, OPERATOR).browser_sessions:
                raise SessionNotFound
    show_done(output, "The session has ended.", {"id": str(session_id), "ended": True})


def _end_all(user: str, yes: bool, output: str) -> None:
    from authserver.authn.sign_out import SignOutService

    with open_services() as services:
        found = named_user(services, user)
        confirm(f"Sign {found.email} out everywhere?", yes=yes)
        signed_out = services.get(SignOutService).sign_out_everywhere(found.id, _REASON, OPERATOR)
        count = signed_out.sessions + signed_out.browser_sessions
    show_done(output, f"{count} sessions have ended.", {"user_id": str(found.id), "ended": count})


def _end_all_of_everyone(yes: bool, output: str) -> None:
    from authserver.authn.sign_out import SignOutService

    with open_services() as services:
        confirm("Sign everybody out everywhere?", yes=yes)
        count = services.get(SignOutService).sign_out_everyone(_REASON, OPERATOR)
    show_done(output, f"{count} sessions have ended.", {"ended": count})
