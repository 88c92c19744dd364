"""The token endpoint as one fixed pipeline, on Authlib's registries.

The phases run in the order in which they stand here, for every grant alike; a grant fills in only
what is its own. No check can be forgotten by a new grant, because no grant makes the common ones.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationServer as AuthlibServer
from authlib.oauth2.rfc6749.errors import UnsupportedGrantTypeError

from authserver.authn.service import AuthnService
from authserver.clients.metadata import Client
from authserver.clients.service import ClientService
from authserver.errors import (
    AppError,
    Invalid,
    InvalidClient,
    UnauthorizedClient,
    UnsupportedGrantType,
)
from authserver.http.messages import Headers, HttpRequest, HttpResponse, json_response
from authserver.http.proxies import network_of
from authserver.http.request_limits import RequestLimit
from authserver.http.throttle import Throttle
from authserver.oauth.client_auth.assertions import ClientAssertions
from authserver.oauth.client_auth.methods import methods, presented_method
from authserver.oauth.errors import error_response
from authserver.oauth.grants.authorization_code import AuthorizationCodeGrant
from authserver.oauth.grants.base import Grant, TokenRequest
from authserver.oauth.grants.client_credentials import ClientCredentialsGrant
from authserver.oauth.grants.password import PasswordGrant
from authserver.oauth.grants.refresh_token import RefreshTokenGrant
from authserver.oauth.requests import ProtocolRequest, parse_form
from authserver.oauth.resource_indicators import (
    grant_audience,
    requested_audience,
    token_audience,
)
from authserver.oauth.scopes import parse_scope
from authserver.tokens.authorization import TokenSet
from authserver.tokens.codes import CodeService
from authserver.tokens.issued import count_issued
from authserver.tokens.service import TokenService

GRANTS: tuple[type[Grant], ...] = (
    AuthorizationCodeGrant,
    ClientCredentialsGrant,
    PasswordGrant,
    RefreshTokenGrant,
)


class AuthorizationServer(AuthlibServer):  # type: ignore[misc]
    """Authlib's server with our requests, our clients and our order."""

    def __init__(
        self,
        *,
        clients: ClientService,
        tokens: TokenService,
        codes: CodeService,
        authn: AuthnService,
        assertions: ClientAssertions,
        throttle: Throttle,
        client_limit: RequestLimit | None,
        default_audience: str,
    ) -> None:
        super().__init__()
        self.clients = clients
        self.tokens = tokens
        self.codes = codes
        self.authn = authn
        self._throttle = throttle
        self._client_limit = client_limit
        self._default_audience = default_audience
        for name, method in methods(assertions).items():
            self.register_client_auth_method(name, method)
        for grant in GRANTS:
            self.register_grant(grant)

    # The token endpoint --------------------------------------------------------------------------

    def token(self, http: HttpRequest) -> HttpResponse:
        """Answer a token request (RFC 6749, sections 3.2 and 5)."""
        headers: Headers = []
        try:
            response = json_response(200, self._issue(http, headers).as_response())
        except AppError as error:
            response = error_response(error, http)
        response.headers += headers
        return response

    def _issue(self, http: HttpRequest, headers: Headers) -> TokenSet:
        """The tokens; ``headers`` get what is left of the client's limit, whatever comes of it."""
        request = self.create_oauth2_request(http)
        grant = self._grant(request)
        client = self.authenticate(request, "token")
        if self._client_limit is not None:
            headers += self._client_limit.take(_caller(client, http))
        if not client.check_grant_type(grant.GRANT_TYPE):
            raise UnauthorizedClient
        asked = self._token_request(request, client)
        authorization = grant.authorize(asked)
        audience = token_audience(asked.audience, authorization.audience)
        issued = self.tokens.issue(replace(authorization, audience=audience))
        return count_issued(grant.GRANT_TYPE, issued)

    def _grant(self, request: ProtocolRequest) -> Grant:
        request.payload.require("grant_type")
        try:
            grant: Grant = self.get_token_grant(request)
        except UnsupportedGrantTypeError as error:
            raise UnsupportedGrantType from error
        return grant

    def _token_request(self, request: ProtocolRequest, client: Client) -> TokenRequest:
        form = request.payload
        audience = requested_audience(form.all("resource"))
        allowed_audience = grant_audience(audience, client, self._default_audience)
        if audience is not None:
            self.tokens.check_audience(client, audience)
        return TokenRequest(
            client=client,
            form=form,
            scope=parse_scope(form.get("scope")),
            audience=audience,
            allowed_audience=allowed_audience,
            actor=request.http.actor("client", client.client_id),
        )

    # The other endpoints on Authlib's base classes -----------------------------------------------

    def endpoint(self, name: str) -> Callable[[HttpRequest], HttpResponse]:
        """A registered endpoint as a function from request to response."""

        def respond(http: HttpRequest) -> HttpResponse:
            try:
                response: HttpResponse = self.create_endpoint_response(name, http)
            except AppError as error:
                return error_response(error, http)
            return response

        return respond

    # Client authentication, for every endpoint that needs it -------------------------------------

    def authenticate(self, request: ProtocolRequest, endpoint: str) -> Client:
        """The client that made the request (RFC 6749, section 2.3).

        Raises :class:`InvalidClient`, one for every reason, and RateLimited after too many.
        """
        address = request.http.address
        self._throttle.check(address)
        try:
            client = self._authenticated(request, endpoint)
        except InvalidClient:
            self._throttle.note(address)
            raise
        named = request.payload.client_id
        if named is not None and named != client.client_id:
            # The proof was good, the form names somebody else: that is no failed attempt.
            raise Invalid(hint="The client_id is not that of the authenticated client.")
        return client

    def _authenticated(self, request: ProtocolRequest, endpoint: str) -> Client:
        method = presented_method(request)
        try:
            client: Client = self.authenticate_client(request, [method], endpoint)
        except OAuth2Error as error:
            raise InvalidClient(detail="another method is registered") from error
        if not client.enabled:
            raise InvalidClient(detail="the client is disabled")
        return client

    # What Authlib asks of an integration ---------------------------------------------------------

    def query_client(self, client_id: str) -> Client | None:
        return self.clients.find(client_id)

    def create_oauth2_request(self, request: HttpRequest) -> ProtocolRequest:
        return ProtocolRequest(request, parse_form(request))

    def handle_response(
        self, status: int, body: Mapping[str, Any], headers: list[tuple[str, str]]
    ) -> HttpResponse:
        return json_response(status, body)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens: every call goes down, none comes back up."""


def _caller(client: Client, http: HttpRequest) -> str:
    """Whose requests are counted: of a public client anybody may name the id."""
    if client.is_public:
        return f"{client.client_id} {network_of(http.address)}"
    return client.client_id
