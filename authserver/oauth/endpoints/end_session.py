"""Logout (OpenID Connect RP-Initiated Logout 1.0).

Who brings an ID token of somebody who is signed in in this browser is believed; anybody else's
request is put to the person. Nothing redirects but to what the client has registered.
"""

from dataclasses import dataclass

from authserver.authn.sign_out import SignOutService
from authserver.browser_sessions.browser_session import BrowserSession
from authserver.browser_sessions.service import BrowserSessionService
from authserver.errors import AppError, Invalid
from authserver.flows.addresses import PARAMETER, POSTED, RESUME_LOGOUT, SIGN_OUT, step
from authserver.flows.logout_request import LogoutFlows, LogoutRequest
from authserver.flows.redirects import in_query
from authserver.flows.service import FlowService
from authserver.http.cookies import Cookies, changed_accounts, read_cookie
from authserver.http.messages import Headers, HttpRequest, HttpResponse
from authserver.http.pages import Pages
from authserver.oauth.authorization.error_pages import ErrorPages
from authserver.oauth.authorization.parameters import (
    form_text,
    query_parameters,
    read_parameters,
)
from authserver.oauth.authorization.response_modes import see_other
from authserver.oauth.logout.front_channel import FrontChannelLogout, frames_policy
from authserver.oauth.logout.proof import LogoutProof, ProvenLogout
from authserver.sessions.session import Participant
from authserver.tokens.subjects import Subjects


@dataclass(frozen=True)
class EndSessionEndpoint:
    """GET and POST, by clients through the browser, and by our own page once a person agreed."""

    proof: LogoutProof
    subjects: Subjects
    sign_outs: SignOutService
    front_channel: FrontChannelLogout
    browser_sessions: BrowserSessionService
    flows: FlowService
    logout_flows: LogoutFlows
    cookies: Cookies
    pages: Pages
    error_pages: ErrorPages

    def __call__(self, http: HttpRequest) -> HttpResponse:
        try:
            return self._post(http) if http.method == "POST" else self._get(http)
        except AppError as error:
            return self.error_pages.show(http, error)

    def _post(self, http: HttpRequest) -> HttpResponse:
        """The same request as an address: the cookies are Lax, and no form of others has them."""
        text = form_text(http)
        self.proof.of(read_parameters(text))
        return see_other(in_query(RESUME_LOGOUT, {POSTED: self.flows.seal_form(text)}))

    def _get(self, http: HttpRequest) -> HttpResponse:
        if "prefetch" in (http.header("sec-purpose") or ""):
            raise Invalid(hint="Nobody has asked for this yet.")
        parameters = query_parameters(http)
        accounts = self.browser_sessions.find_all_now(self._cookie(http))
        if (sealed := parameters.get(PARAMETER)) is not None:
            request = self.logout_flows.open(sealed, self.cookies.read_browser(http.environ))
            return self._resume(http, request, accounts)
        if (posted := parameters.get(POSTED)) is not None:
            parameters = read_parameters(self.flows.open_form(posted))
        return self._begin(http, self.proof.of(parameters), accounts)

    def _begin(
        self, http: HttpRequest, proven: ProvenLogout, accounts: tuple[BrowserSession, ...]
    ) -> HttpResponse:
        """A new request. With nobody signed in there is nothing to ask (section 2)."""
        named = proven.named(accounts, self.subjects)
        if accounts and not named:
            return self._ask(http, proven.request)
        return self._finish(http, proven.request, named, direct=_may_redirect(proven, named))

    def _resume(
        self, http: HttpRequest, request: LogoutRequest, accounts: tuple[BrowserSession, ...]
    ) -> HttpResponse:
        """A request that comes back from our page, with what the person agreed to."""
        if accounts and not request.accounts:
            return self._ask(http, request)
        agreed = tuple(account for account in accounts if account.id in request.accounts)
        return self._finish(http, request, agreed, direct=True)

    def _ask(self, http: HttpRequest, request: LogoutRequest) -> HttpResponse:
        """Put it to the person: somebody else's page may have sent them here."""
        browser, headers = self.cookies.ensure_browser(http.environ)
        sealed = self.logout_flows.seal(request, browser)
        return see_other(step(SIGN_OUT, sealed), headers)

    def _finish(
        self,
        http: HttpRequest,
        request: LogoutRequest,
        accounts: tuple[BrowserSession, ...],
        *,
        direct: bool,
    ) -> HttpResponse:
        """Sign the accounts out, tell the clients, and send the person on."""
        participants, headers = self._sign_out(http, accounts)
        frames = self.front_channel.frames(participants)
        if request.continue_url is not None and direct and not frames:
            return see_other(request.continue_url, headers)
        return self.pages.show(
            http,
            "signed_out.html",
            policy=frames_policy(frames),
            locales=request.ui_locales,
            headers=headers,
            frames=frames,
            continue_url=request.continue_url,
            goes_on=direct and request.continue_url is not None,
        )

    def _sign_out(
        self, http: HttpRequest, accounts: tuple[BrowserSession, ...]
    ) -> tuple[tuple[Participant, ...], Headers]:
        """Who took part, and the headers that the browser learns it by."""
        cookie = self._cookie(http)
        if not accounts:
            return (), []
        actor = http.actor("user", str(accounts[0].user_id))
        signed_out = self.sign_outs.sign_out(accounts, actor)
        rest = self.browser_sessions.without(cookie, {account.id for account in accounts})
        return signed_out.clients, changed_accounts(self.cookies, rest)

    def _cookie(self, http: HttpRequest) -> str | None:
        return read_cookie(http.environ, self.cookies.session)


def _may_redirect(proven: ProvenLogout, named: tuple[BrowserSession, ...]) -> bool:
    """Whether the person is sent on unasked.

    Anybody may register a client where registration is open, and has an ID token of their own:
    unless it speaks of who was signed in here, our address would be a signpost to theirs (RFC
    9700, section 4.11.2).
    """
    client = proven.client
    return client is not None and (bool(named) or not client.self_registered)
