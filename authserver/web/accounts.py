"""Choosing one of the accounts that are signed in in this browser."""

from flask import Response, request

from authserver.browser_sessions.service import BrowserSessionService
from authserver.flows.addresses import SIGN_IN
from authserver.http.services import service
from authserver.ids import parse_id
from authserver.web.browser import accounts_now, session_cookie, set_session_cookie, shown_accounts
from authserver.web.content_policy import ISOLATED
from authserver.web.guard import page
from authserver.web.rendering import render_page, see_other
from authserver.web.shown_client import ShownClient
from authserver.web.steps import find_step


@page
def show_accounts() -> Response:
    """The accounts, and the way to another one."""
    step = find_step()
    accounts = shown_accounts()
    if step is None:
        return render_page("accounts.html", headers=ISOLATED, accounts=accounts, sign_in=SIGN_IN)
    client = ShownClient.of(step.request)
    return render_page(
        "accounts.html",
        policy=client.policy,
        locales=step.request.ui_locales,
        client=client,
        accounts=accounts,
        sign_in=step.address(SIGN_IN),
    )


@page
def choose_account() -> Response:
    """Make an account the active one, and go on with it.

    Only what is signed in in this browser can be chosen; whatever else is sent changes nothing.
    """
    step = find_step()
    wanted = parse_id(request.form.get("account", ""))
    if wanted not in {account.id for account in accounts_now()} or wanted is None:
        return show_accounts()
    cookie = service(BrowserSessionService).activate(session_cookie(), wanted)
    headers = set_session_cookie(cookie)
    if step is None:
        return see_other("/", headers)
    return step.resume(step.request.with_account(wanted), headers)
