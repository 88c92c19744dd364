"""Our cookies: their names, how they are read, and how they are set (RFC 6265bis)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authserver.http.messages import Headers
from authserver.ids import new_secret

_BROWSER = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)

# ``__Host-`` makes browsers refuse the cookie unless it is Secure, for this host alone and for all
# of it: no neighbouring host can put one in its place (attack LG-08).
_PREFIX = "__Host-"


@dataclass(frozen=True)
class Cookies:
    """The cookies of an installation. Without https only the development issuer works.

    ``browser`` binds what is carried through pages to one browser, ``session`` holds the accounts
    signed in there, and ``state`` tells scripts of relying parties that something has changed.
    """

    secure: bool

    @classmethod
    def of(cls, issuer: str) -> "Cookies":
        return cls(secure=issuer.startswith("https:"))

    @property
    def browser(self) -> str:
        return self._name("browser")

    @property
    def session(self) -> str:
        return self._name("session")

    @property
    def state(self) -> str:
        return self._name("state")

    def read_browser(self, environ: Mapping[str, Any]) -> str | None:
        """What this browser was given, if it has the form of it."""
        value = read_cookie(environ, self.browser)
        return value if value is not None and _BROWSER.fullmatch(value) else None

    def ensure_browser(self, environ: Mapping[str, Any]) -> tuple[str, Headers]:
        """What this browser was given, or a new value and the header that gives it."""
        value = self.read_browser(environ)
        if value is not None:
            return value, []
        value, header = self.new_browser()
        return value, [header]

    def new_browser(self) -> tuple[str, tuple[str, str]]:
        """A value for a browser that has none, and the header that sets it."""
        value = new_secret()
        return value, self.set(self.browser, value)

    def set(self, name: str, value: str) -> tuple[str, str]:
        """The header that sets a cookie until the browser is closed.

        Scripts never see it, and no other site's form or script brings it along, except that
        ``state`` is for scripts in a frame of other sites (OpenID Connect Session Management 1.0).
        """
        return "Set-Cookie", f"{name}={value}; {self._attributes(name)}"

    def clear(self, name: str) -> tuple[str, str]:
        """The header that removes a cookie; its attributes are those with which it was set."""
        return "Set-Cookie", f"{name}=; Max-Age=0; {self._attributes(name)}"

    def _name(self, name: str) -> str:
        return f"{_PREFIX if self.secure else ''}authserver_{name}"

    def _attributes(self, name: str) -> str:
        attributes = ["Path=/"]
        if name != self.state:
            attributes.append("HttpOnly")
        if self.secure:
            attributes.append("Secure")
        attributes.append("SameSite=" + ("None" if name == self.state and self.secure else "Lax"))
        return "; ".join(attributes)


def read_cookie(environ: Mapping[str, Any], name: str) -> str | None:
    """The value of a cookie; None when it is absent, and when two are sent under its name.

    Of two, one was put there by somebody else, and nothing tells which (attack LG-08). A pair
    without a name is nobody's (CVE-2023-23934).
    """
    pairs = (pair.strip().partition("=") for pair in str(environ.get("HTTP_COOKIE", "")).split(";"))
    found = [value for given, equals, value in pairs if equals and given == name]
    return found[0] if len(found) == 1 else None


def changed_accounts(cookies: Cookies, session_cookie: str | None) -> Headers:
    """The headers that tell a browser who is signed in in it now, and its pages that this is new.

    Without anybody the cookie goes, by the attributes that it came with. No Clear-Site-Data: it
    would take the cookies of accounts that stay, and what it clears besides is never stored.
    """
    name = cookies.session
    accounts = cookies.set(name, session_cookie) if session_cookie else cookies.clear(name)
    return [accounts, cookies.set(cookies.state, new_secret())]
