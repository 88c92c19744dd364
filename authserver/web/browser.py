"""The browser that asks: what it was given, and who is signed in there."""

from flask import request

from authserver.browser_sessions.browser_session import BrowserSession
from authserver.browser_sessions.service import BrowserSessionService
from authserver.flows.service import FlowService
from authserver.http.cookies import Cookies, changed_accounts, read_cookie
from authserver.http.messages import Headers
from authserver.http.services import service


def cookies() -> Cookies:
    """The cookies of this installation."""
    return Cookies.of(service(FlowService).issuer)


def browser_value() -> str | None:
    """The value that tells this browser from others, if it has one."""
    return cookies().read_browser(request.environ)


def session_cookie() -> str | None:
    """The accounts signed in in this browser, as it sent them."""
    return read_cookie(request.environ, cookies().session)


def shown_accounts() -> tuple[BrowserSession, ...]:
    """Who is signed in in this browser, the active account first: for what is shown."""
    return service(BrowserSessionService).find_all(session_cookie())


def accounts_now() -> tuple[BrowserSession, ...]:
    """The same at this moment: for what changes something."""
    return service(BrowserSessionService).find_all_now(session_cookie())


def set_session_cookie(value: str) -> Headers:
    """The headers by which this browser learns who is signed in in it."""
    return changed_accounts(cookies(), value)
