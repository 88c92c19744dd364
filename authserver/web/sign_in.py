"""Signing in with a password."""

from dataclasses import dataclass

from flask import Response, request

from authserver.authn.single_sign_on import SingleSignOn
from authserver.errors import InvalidCredentials, RateLimited
from authserver.http.messages import Headers
from authserver.http.principal import current_actor
from authserver.http.rate_limit_headers import headers_of_refusal
from authserver.http.services import service
from authserver.web.browser import session_cookie, set_session_cookie, shown_accounts
from authserver.web.content_policy import ISOLATED
from authserver.web.expectation import expected_account
from authserver.web.guard import page
from authserver.web.rendering import render_page, see_other
from authserver.web.shown_client import ShownClient
from authserver.web.steps import Step, find_step, time_of_retry

# What was sent can be read, and is not right. Not 401, which asks a browser for another kind of
# sign-in (RFC 9110, section 15.5.2), and not 200, for which browsers offer to keep the password.
_NOT_RIGHT = 422
_TOO_MANY = 429


@dataclass(frozen=True)
class Refusal:
    """Why the form comes again, and how it is told."""

    status: int
    values: dict[str, object]
    headers: Headers


@page
def show_sign_in() -> Response:
    """The form."""
    return _form(find_step())


@page
def sign_in() -> Response:
    """Check the password, and go on: in the authorization, or else to the start page."""
    step = find_step()
    username, password = request.form.get("username", ""), request.form.get("password", "")
    if not username or not password:
        return _form(step, username, Refusal(_NOT_RIGHT, {"error": "incomplete"}, []))
    try:
        session, cookie = service(SingleSignOn).sign_in(
            username, password, session_cookie(), current_actor()
        )
    except InvalidCredentials as error:
        return _form(step, username, Refusal(_NOT_RIGHT, {"error": error.code}, []))
    except RateLimited as error:
        retry_at = time_of_retry(error.retry_after)
        values: dict[str, object] = {"error": error.code, "retry_at": retry_at}
        return _form(step, username, Refusal(_TOO_MANY, values, headers_of_refusal(error)))
    headers = set_session_cookie(cookie)
    if step is None:
        return see_other("/", headers)
    return step.resume(step.request.with_sign_in(session.id), headers)


def _form(step: Step | None, username: str = "", refusal: Refusal | None = None) -> Response:
    refusal = refusal or Refusal(200, {}, [])
    if step is None:
        return render_page(
            "sign_in.html",
            refusal.status,
            headers=[*refusal.headers, *ISOLATED],
            username=username,
            **refusal.values,  # type: ignore[arg-type]
        )
    client = ShownClient.of(step.request)
    accounts = shown_accounts()
    person = expected_account(step, accounts)
    return render_page(
        "sign_in.html",
        refusal.status,
        policy=client.policy,
        locales=step.request.ui_locales,
        headers=refusal.headers,
        client=client,
        step=step,
        person=person,
        has_accounts=bool(accounts),
        username=username or step.request.login_hint or "",
        **refusal.values,
    )
