"""No form is accepted that we did not show in this browser, to whoever is signed in there now.

Flask-WTF makes and checks the tokens. What it compares them with is derived from the browser's
cookies, so that nothing is kept: a token of another browser, or from before a sign-in or a
sign-out, is refused (CVE-2014-8144, CVE-2017-12159).
"""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

from flask import Flask, Request, Response, request
from flask.sessions import SessionInterface, SessionMixin
from flask_wtf.csrf import CSRFError, CSRFProtect

from authserver.http.cookies import Cookies, read_cookie

FIELD = "csrf_token"
# What a browser says of who made it send a request (Fetch Metadata, section 2.3): a page of ours,
# or the person, as when they repeat it.
_OUR_OWN = frozenset({"same-origin", "none"})


@dataclass(frozen=True)
class FormSecret:
    """The key that forms are protected by, the same in all processes: 32 bytes."""

    key: bytes = field(repr=False)


class FormSession(SessionMixin):
    """What Flask-WTF takes for a session: the one value that tokens are compared with.

    It is reckoned when a form asks for it; a browser that has no cookie of ours is given one then.
    """

    def __init__(self, request: Request, cookies: Cookies, key: bytes) -> None:
        self._environ = request.environ
        self._cookies = cookies
        self._key = key
        self.new_cookie: tuple[str, str] | None = None
        self._value: str | None = None

    def __getitem__(self, name: str) -> str:
        if name != FIELD:
            raise KeyError(name)
        if self._value is None:
            self._value = self._reckon()
        return self._value

    def __setitem__(self, name: str, value: Any) -> NoReturn:
        raise TypeError("nothing is kept in a session of Flask")

    __delitem__ = __setitem__  # type: ignore[assignment]

    def __iter__(self) -> Iterator[str]:
        return iter((FIELD,))

    def __len__(self) -> int:
        return 1

    @property
    def was_used(self) -> bool:
        """Whether there is a form that depends on it."""
        return self._value is not None

    def _reckon(self) -> str:
        browser = self._cookies.read_browser(self._environ)
        if browser is None:
            browser, self.new_cookie = self._cookies.new_browser()
        accounts = read_cookie(self._environ, self._cookies.session) or ""
        # Which account is the active one may change under an open form; who is there may not.
        bound_to = f"form|{browser}|{'.'.join(sorted(accounts.split('.')))}"
        return hmac.new(self._key, bound_to.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class FormSessions(SessionInterface):
    """Gives each request its :class:`FormSession`. It has no cookie of its own."""

    cookies: Cookies
    key: bytes = field(repr=False)

    def open_session(self, app: Flask, request: Request) -> FormSession:
        return FormSession(request, self.cookies, self.key)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if isinstance(session, FormSession) and session.new_cookie is not None:
            response.headers.add(*session.new_cookie)


def protect_forms(app: Flask, secret: FormSecret, issuer: str) -> CSRFProtect:
    """Make tokens known to the templates of ``app``; what is not a page never asks for one."""
    app.config.update(
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_SECRET_KEY=secret.key,
        WTF_CSRF_HEADERS=[],
        # A token is good for as long as what it is bound to.
        WTF_CSRF_TIME_LIMIT=None,
        # Our pages send no address to others; whose form it was is told by check_origin.
        WTF_CSRF_SSL_STRICT=False,
    )
    app.session_interface = FormSessions(Cookies.of(issuer), secret.key)
    return CSRFProtect(app)


def check_origin(issuer: str) -> None:
    """Raises :class:`CSRFError` for a form that the page of somebody else sent.

    Our own says so itself: ``issuer`` is an origin.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        ours = site in _OUR_OWN
    else:
        origin = request.headers.get("Origin")
        ours = origin is None or origin == issuer
    if not ours:
        raise CSRFError("The form was sent by a page of another site.")
