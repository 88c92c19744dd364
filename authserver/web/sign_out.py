"""Whether to sign out: asked of the person when nobody has proven that they want to."""

from flask import Response, request

from authserver.clients.service import ClientService
from authserver.flows.addresses import RESUME_LOGOUT, step
from authserver.flows.logout_request import LogoutFlows, LogoutRequest
from authserver.http.pages import PagePolicy, onward
from authserver.http.services import service
from authserver.web.browser import accounts_now, browser_value
from authserver.web.guard import page
from authserver.web.languages import choose_language
from authserver.web.rendering import render_page, see_other
from authserver.web.steps import carried_value

_SIGN_OUT = "sign_out"


@page
def show_sign_out() -> Response:
    """The question. Where nobody is signed in there is none."""
    asked = _find_request()
    accounts = accounts_now()
    if not accounts:
        return _go_on(asked) if asked else see_other("/")
    asked = asked or service(LogoutFlows).begin()
    return render_page(
        "sign_out.html",
        policy=_policy(asked),
        locales=asked.ui_locales,
        accounts=accounts,
        client_name=_name_of(asked),
    )


@page
def sign_out() -> Response:
    """Pass the answer on to where people are signed out."""
    asked = _find_request() or service(LogoutFlows).begin()
    if request.form.get("answer") != _SIGN_OUT:
        return see_other("/")
    return _go_on(asked.with_consent({account.id for account in accounts_now()}))


def _find_request() -> LogoutRequest | None:
    """What a client asked for; None when the person came by themselves.

    Raises :class:`FlowInvalid` and :class:`FlowExpired`.
    """
    sealed = carried_value()
    return service(LogoutFlows).open(sealed, browser_value()) if sealed is not None else None


def _go_on(answered: LogoutRequest) -> Response:
    """Back to the endpoint, which does what was agreed to."""
    sealed = service(LogoutFlows).seal(answered, browser_value() or "")
    return see_other(step(RESUME_LOGOUT, sealed))


def _policy(asked: LogoutRequest) -> PagePolicy:
    # Browsers look at each redirect that a form leads to.
    uri = asked.post_logout_redirect_uri
    return PagePolicy(form_action=(onward(uri),)) if uri else PagePolicy()


def _name_of(asked: LogoutRequest) -> str | None:
    client = service(ClientService).find(asked.client_id) if asked.client_id else None
    if client is None:
        return None
    return client.name_in(choose_language(asked.ui_locales)) or client.client_id
