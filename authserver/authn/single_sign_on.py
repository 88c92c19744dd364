"""Signing in to a browser: one sign-in for all clients that send it here."""

from dataclasses import dataclass
from uuid import UUID

from authserver.actor import Actor
from authserver.authn.service import AuthnService
from authserver.authn.sign_out import SignOutService
from authserver.browser_sessions.browser_session import BrowserSession
from authserver.browser_sessions.service import BrowserSessionService

# The authentication context of one factor (OpenID Connect Core 1.0, section 2), and its method
# (RFC 8176, section 2).
ACR_ONE_FACTOR = "1"
AMR_PASSWORD = ("pwd",)


@dataclass(frozen=True)
class SingleSignOn:
    """Whoever proves who they are in a browser is known there until they sign out."""

    authn: AuthnService
    browser_sessions: BrowserSessionService
    sign_out: SignOutService

    def sign_in(
        self, email: str, password: str, cookie: str | None, actor: Actor
    ) -> tuple[BrowserSession, str]:
        """Check a password and begin a browser session beside those that the cookie names.

        Answers it, and the new value of the cookie. Raises as :meth:`AuthnService.authenticate`
        does.
        """
        user = self.authn.authenticate(email, password, actor)
        session, new_cookie = self.browser_sessions.begin(
            user, ACR_ONE_FACTOR, AMR_PASSWORD, cookie, actor
        )
        self._end_surplus(user.id, cookie, new_cookie, actor)
        return session, new_cookie

    def _end_surplus(
        self, user_id: UUID, cookie: str | None, new_cookie: str, actor: Actor
    ) -> None:
        """What no browser names any more would live on unseen until its time is up."""
        surplus = self.browser_sessions.list_surplus(user_id, cookie, new_cookie)
        if surplus:
            self.sign_out.end_browser_sessions(surplus, "limit", actor)
