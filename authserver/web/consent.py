"""Consent: who asks, for what, and for which account (RFC 6749, section 10.2)."""

from flask import Response, request

from authserver.browser_sessions.browser_session import BrowserSession
from authserver.consents.service import ConsentService
from authserver.flows.addresses import ACCOUNTS
from authserver.http.principal import current_actor
from authserver.http.services import service
from authserver.ids import parse_id
from authserver.tokens.user_claims import asked_scope
from authserver.web.browser import accounts_now, shown_accounts
from authserver.web.expectation import expected_account
from authserver.web.guard import page
from authserver.web.rendering import render_page
from authserver.web.scopes import in_words
from authserver.web.shown_client import ShownClient
from authserver.web.steps import Step, get_step

_ALLOW = "allow"


@page
def show_consent() -> Response:
    """The question. Who is not signed in is not asked."""
    step = get_step()
    account = _account_asked(step)
    if account is None:
        return step.resume()
    client = ShownClient.of(step.request)
    return render_page(
        "consent.html",
        policy=client.policy,
        locales=step.request.ui_locales,
        client=client,
        account=account,
        scopes=in_words(asked_scope(step.request)),
        accounts=step.address(ACCOUNTS),
    )


@page
def answer_consent() -> Response:
    """Keep a yes, or pass a no on.

    The answer is that of the account that the question was shown for: who else has signed in
    meanwhile did not give it (CVE-2025-12390).
    """
    step = get_step()
    account = _account_that_answers(step)
    if account is None:
        return step.resume()
    if request.form.get("answer") != _ALLOW:
        return step.resume(step.request.with_denial())
    service(ConsentService).grant(
        account.user_id, step.request.client_id, asked_scope(step.request), current_actor()
    )
    return step.resume(step.request.with_consent(account.id))


def _account_asked(step: Step) -> BrowserSession | None:
    """Whom the authorization is about: who was chosen or is expected, else the active account."""
    accounts = shown_accounts()
    if step.request.account is None and step.request.hint_subject is None:
        return accounts[0] if accounts else None
    return expected_account(step, accounts)


def _account_that_answers(step: Step) -> BrowserSession | None:
    """The account that the form was made for, if it may answer here and still is signed in."""
    answering = parse_id(request.form.get("account", ""))
    if step.request.account not in (None, answering):
        return None
    return next((each for each in accounts_now() if each.id == answering), None)
