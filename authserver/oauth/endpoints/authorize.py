"""The authorization endpoint (RFC 6749, section 3.1; OpenID Connect Core 1.0, section 3.1.2).

One fixed way for every request: prove to whom an answer may go, run the table of checks, ask what
the person must still do, and answer. Nothing redirects before client and redirect URI are proven.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from authserver.browser_sessions.browser_session import BrowserSession
from authserver.browser_sessions.service import BrowserSessionService
from authserver.clients.metadata import Client
from authserver.clock import Clock
from authserver.errors import (
    AccessDenied,
    AppError,
    Invalid,
    InvalidCredentials,
    RateLimited,
    Unavailable,
)
from authserver.flows.addresses import PARAMETER, POSTED, RESUME, step
from authserver.flows.authorization_request import AuthorizationRequest
from authserver.flows.redirects import in_query
from authserver.flows.service import FlowService
from authserver.http.cookies import Cookies, read_cookie
from authserver.http.messages import Headers, HttpRequest, HttpResponse
from authserver.http.pages import Pages
from authserver.oauth.authorization.checks import Policy, run_checks
from authserver.oauth.authorization.error_pages import ErrorPages
from authserver.oauth.authorization.issuing import Issuing
from authserver.oauth.authorization.parameters import (
    form_text,
    query_parameters,
    read_parameters,
)
from authserver.oauth.authorization.proof import Proof, Proven, RefusedError
from authserver.oauth.authorization.response_modes import Target, respond, see_other
from authserver.oauth.authorization.steps import SIGN_IN_STEP, Pending, Steps
from authserver.oauth.errors import ProtocolError
from authserver.oauth.session_state import browser_state, session_state


@dataclass(frozen=True)
class AuthorizationEndpoint:
    """GET and POST. Without a session of its own: who is signed in says the cookie."""

    proof: Proof
    policy: Policy
    steps: Steps
    issuing: Issuing
    flows: FlowService
    browser_sessions: BrowserSessionService
    cookies: Cookies
    pages: Pages
    error_pages: ErrorPages
    clock: Clock
    issuer: str

    def __call__(self, http: HttpRequest) -> HttpResponse:
        try:
            return self._post(http) if http.method == "POST" else self._get(http)
        except RefusedError as refused:
            return self._refuse(http, refused.proven, refused.cause)
        except AppError as error:
            return self.error_pages.show(http, error)

    def _post(self, http: HttpRequest) -> HttpResponse:
        """The same request as an address: the cookies are Lax, and no form of others has them."""
        text = form_text(http)
        read_parameters(text)
        return see_other(in_query(RESUME, {POSTED: self.flows.seal_form(text)}))

    def _get(self, http: HttpRequest) -> HttpResponse:
        if "prefetch" in (http.header("sec-purpose") or ""):
            raise Invalid(hint="Nobody has asked for this yet.")
        parameters = query_parameters(http)
        if (sealed := parameters.get(PARAMETER)) is not None:
            request = self.flows.open_request(sealed, self.cookies.read_browser(http.environ))
            return self._resume(http, request)
        if (posted := parameters.get(POSTED)) is not None:
            parameters = read_parameters(self.flows.open_form(posted))
        return self._begin(http, self.proof.of(parameters))

    def _begin(self, http: HttpRequest, proven: Proven) -> HttpResponse:
        """A new request."""
        try:
            found = run_checks(proven.client, proven.parameters, self.policy)
        except (RateLimited, Unavailable):
            raise
        except AppError as error:
            raise RefusedError(proven, error) from error
        request = AuthorizationRequest(
            client_id=proven.client.client_id,
            redirect_uri=proven.target.redirect_uri,
            started_at=self.clock.now().timestamp(),
            **found,
        )
        return self._go_on(http, request, proven.client)

    def _resume(self, http: HttpRequest, request: AuthorizationRequest) -> HttpResponse:
        """A request that comes back from a page."""
        return self._go_on(http, request, self.proof.again(request))

    def _go_on(
        self, http: HttpRequest, request: AuthorizationRequest, client: Client
    ) -> HttpResponse:
        try:
            return self._next(http, request, client)
        except (RateLimited, Unavailable):
            raise
        except AppError as error:
            return self._tell(http, request, _error(error))

    def _tell(
        self, http: HttpRequest, request: AuthorizationRequest, error: Mapping[str, str]
    ) -> HttpResponse:
        target = Target(request.redirect_uri, request.response_mode)
        return self._answer(http, target, request.state, error)

    def _next(
        self, http: HttpRequest, request: AuthorizationRequest, client: Client
    ) -> HttpResponse:
        """The page that comes next, or the answer."""
        if request.denied:
            raise AccessDenied
        accounts = self._accounts(http)
        if request.refusal is not None and accounts:
            error, description = request.refusal
            return self._tell(http, request, _members(error, description))
        found = self.steps.next(request, client, accounts)
        if isinstance(found, Pending):
            return self._ask(http, found)
        try:
            actor = http.actor("user", str(found.user_id))
            parameters = self.issuing.answer(request, client, found, actor)
        except InvalidCredentials:
            # Signed out a moment ago: what a cache remembers of the account does not count.
            return self._ask(http, Pending(SIGN_IN_STEP, request))
        return self._succeed(http, request, parameters)

    def _ask(self, http: HttpRequest, pending: Pending) -> HttpResponse:
        """Send the person to a page. Raises the error for a client that wants none."""
        if "none" in pending.request.prompt:
            raise pending.refusal
        browser, headers = self.cookies.ensure_browser(http.environ)
        sealed = self.flows.seal_request(pending.request, browser)
        return see_other(step(pending.step.path, sealed), headers)

    def _refuse(self, http: HttpRequest, proven: Proven, error: AppError) -> HttpResponse:
        """Tell the client what is wrong with its request.

        A client that registered itself may send people here only to be sent on by us: they are
        not before somebody has signed in (RFC 9700, section 4.11.2).
        """
        state, said = proven.parameters.get("state"), _error(error)
        silent = proven.parameters.get("prompt") == "none"
        if silent or not proven.client.self_registered:
            return self._answer(http, proven.target, state, said)
        request = AuthorizationRequest(
            client_id=proven.client.client_id,
            redirect_uri=proven.target.redirect_uri,
            response_type="",
            response_mode=proven.target.response_mode,
            scope=frozenset(),
            audience=(),
            started_at=self.clock.now().timestamp(),
            state=state,
            refusal=(said["error"], said["error_description"]),
        )
        return self._go_on(http, request, proven.client)

    def _succeed(
        self, http: HttpRequest, request: AuthorizationRequest, parameters: Mapping[str, str]
    ) -> HttpResponse:
        """An answer without an error, by which the client can watch over the sign-in."""
        target = Target(request.redirect_uri, request.response_mode)
        headers: Headers = []
        if "openid" in request.scope:
            browser, headers = browser_state(http.environ, self.cookies)
            watched = session_state(request.client_id, request.redirect_uri, browser)
            parameters = {**parameters, **({"session_state": watched} if watched else {})}
        return self._answer(http, target, request.state, parameters, headers)

    def _answer(
        self,
        http: HttpRequest,
        target: Target,
        state: str | None,
        parameters: Mapping[str, str],
        headers: Sequence[tuple[str, str]] = (),
    ) -> HttpResponse:
        whole = self._complete(parameters, state)
        return respond(http, self.pages, target, whole, list(headers))

    def _complete(self, parameters: Mapping[str, str], state: str | None) -> Mapping[str, str]:
        """With what every answer has, errors too (RFC 6749, 4.1.2; RFC 9207, section 2)."""
        returned = {} if state is None else {"state": state}
        return {**parameters, **returned, "iss": self.issuer}

    def _accounts(self, http: HttpRequest) -> tuple[BrowserSession, ...]:
        return self.browser_sessions.find_all_now(read_cookie(http.environ, self.cookies.session))


def _error(error: AppError) -> Mapping[str, str]:
    said = ProtocolError(error)
    return _members(said.error, said.description)


def _members(error: str, description: str) -> Mapping[str, str]:
    return {"error": error, "error_description": description}
