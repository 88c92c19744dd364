"""Where each endpoint lies, which methods it takes, and whose scripts may call it."""

from typing import Protocol, TypeVar

import orjson

from authserver.authn.sign_out import SignOutService
from authserver.browser_sessions.service import BrowserSessionService
from authserver.clients.response_types import supported_response_types
from authserver.clients.service import ClientService
from authserver.consents.service import ConsentService
from authserver.errors import AppError
from authserver.flows.logout_request import LogoutFlows
from authserver.flows.service import FlowService
from authserver.http.cookies import Cookies
from authserver.http.messages import Endpoint, HttpRequest, HttpResponse
from authserver.http.pages import Pages
from authserver.http.request_limits import Handle, RequestLimit, RequestLimits, limited
from authserver.http.throttle import Throttles
from authserver.oauth.authorization.checks import Policy
from authserver.oauth.authorization.error_pages import ErrorPages
from authserver.oauth.authorization.issuing import Issuing
from authserver.oauth.authorization.proof import Proof
from authserver.oauth.authorization.steps import Steps
from authserver.oauth.endpoints.authorize import AuthorizationEndpoint
from authserver.oauth.endpoints.check_session import CheckSessionEndpoint
from authserver.oauth.endpoints.discovery import DiscoveryEndpoint
from authserver.oauth.endpoints.end_session import EndSessionEndpoint
from authserver.oauth.endpoints.introspection import IntrospectionEndpoint
from authserver.oauth.endpoints.jwks import JwksEndpoint
from authserver.oauth.endpoints.registration import RegistrationEndpoint
from authserver.oauth.endpoints.revocation import RevocationEndpoint
from authserver.oauth.endpoints.userinfo import UserinfoEndpoint
from authserver.oauth.errors import error_response
from authserver.oauth.logout.front_channel import FrontChannelLogout
from authserver.oauth.logout.proof import LogoutProof
from authserver.oauth.metadata import DISCOVERY_PATHS, PATHS, REGISTRATION_PATH, server_metadata
from authserver.oauth.request_objects import RequestObjects
from authserver.oauth.server import AuthorizationServer
from authserver.oauth.software_statements import SoftwareStatements
from authserver.registrations.service import RegistrationService
from authserver.sessions.service import SessionService
from authserver.settings import Settings
from authserver.signing.service import SigningService
from authserver.tokens.service import TokenService

T = TypeVar("T")


class Lookup(Protocol):
    """Finds a service by its type."""

    def get(self, kind: type[T]) -> T: ...


def endpoint_table(services: Lookup, settings: Settings, pages: Pages) -> dict[str, Endpoint]:
    """The endpoints by path; a dictionary dispatches them (``http.front_door``)."""
    server = services.get(AuthorizationServer)
    signing = services.get(SigningService)
    server.register_endpoint(IntrospectionEndpoint)
    server.register_endpoint(RevocationEndpoint)
    document = orjson.dumps(server_metadata(settings))
    discovery = Endpoint(("GET",), DiscoveryEndpoint(document), cors="any")
    return {
        PATHS["authorization_endpoint"]: Endpoint(
            ("GET", "POST"), _authorize(services, settings, pages)
        ),
        PATHS["token_endpoint"]: Endpoint(
            ("POST",),
            limited(server.token, services.get(RequestLimits).token, _refuse),
            cors="registered",
        ),
        **_verification(server, services.get(RequestLimits).verify),
        **_registration(services, settings),
        PATHS["jwks_uri"]: Endpoint(
            ("GET",), JwksEndpoint(signing, settings.jwks_max_age), cors="any"
        ),
        PATHS["end_session_endpoint"]: Endpoint(
            ("GET", "POST"), _end_session(services, settings, pages)
        ),
        PATHS["check_session_iframe"]: Endpoint(
            ("GET",), CheckSessionEndpoint(pages, Cookies.of(settings.issuer))
        ),
        **dict.fromkeys(DISCOVERY_PATHS, discovery),
    }


def _verification(server: AuthorizationServer, limit: RequestLimit | None) -> dict[str, Endpoint]:
    """What services and clients ask about tokens, within one limit."""

    def within(handle: Handle) -> Handle:
        return limited(handle, limit, _refuse)

    return {
        PATHS["introspection_endpoint"]: Endpoint(
            ("POST",), within(server.endpoint("introspection"))
        ),
        PATHS["revocation_endpoint"]: Endpoint(
            ("POST",), within(server.endpoint("revocation")), cors="registered"
        ),
        PATHS["userinfo_endpoint"]: Endpoint(
            ("GET", "POST"), within(_userinfo(server.tokens)), cors="registered"
        ),
    }


def _refuse(http: HttpRequest, error: AppError) -> HttpResponse:
    return error_response(error, http)


def _authorize(services: Lookup, settings: Settings, pages: Pages) -> Handle:
    tokens, flows = services.get(TokenService), services.get(FlowService)
    clients, sessions = services.get(ClientService), services.get(SessionService)
    # Elsewhere an issuer has https (``setting_rules``).
    in_development = settings.issuer.startswith("http:")
    endpoint = AuthorizationEndpoint(
        proof=Proof(clients, services.get(RequestObjects)),
        policy=Policy(
            supported_response_types(settings.front_channel_response_types),
            settings.api_audience,
            tokens.id_tokens,
        ),
        steps=Steps(services.get(ConsentService), tokens.subjects, tokens.clock, in_development),
        issuing=Issuing(flows, sessions, tokens, tokens.id_tokens),
        flows=flows,
        browser_sessions=services.get(BrowserSessionService),
        cookies=Cookies.of(settings.issuer),
        pages=pages,
        error_pages=ErrorPages(pages, clients, tokens.clock, settings.in_development),
        clock=tokens.clock,
        issuer=settings.issuer,
    )
    return limited(endpoint, services.get(RequestLimits).authorize, endpoint.error_pages.show)


def _end_session(services: Lookup, settings: Settings, pages: Pages) -> Handle:
    tokens, clients = services.get(TokenService), services.get(ClientService)
    logout_flows = services.get(LogoutFlows)
    endpoint = EndSessionEndpoint(
        proof=LogoutProof(clients, tokens.id_tokens, logout_flows),
        subjects=tokens.subjects,
        sign_outs=services.get(SignOutService),
        front_channel=FrontChannelLogout(clients, tokens.subjects, settings.issuer),
        browser_sessions=services.get(BrowserSessionService),
        flows=services.get(FlowService),
        logout_flows=logout_flows,
        cookies=Cookies.of(settings.issuer),
        pages=pages,
        error_pages=ErrorPages(pages, clients, tokens.clock, settings.in_development),
    )
    return limited(endpoint, services.get(RequestLimits).authorize, endpoint.error_pages.show)


def _userinfo(tokens: TokenService) -> UserinfoEndpoint:
    return UserinfoEndpoint(
        issuer=tokens.issuer,
        authenticator=tokens.authenticator,
        subjects=tokens.subjects,
        jwts=tokens.id_tokens.jwts,
    )


def _registration(services: Lookup, settings: Settings) -> dict[str, Endpoint]:
    """Closed or not: who was registered before may still manage itself."""
    throttles, registrations = services.get(Throttles), services.get(RegistrationService)
    endpoint = RegistrationEndpoint(
        registrations=registrations,
        statements=SoftwareStatements.of_file(
            settings.software_statement_jwks, services.get(TokenService).clock
        ),
        throttle=throttles.client_registration,
        failures=throttles.client_authentication,
        address=settings.issuer + REGISTRATION_PATH,
    )
    limit = services.get(RequestLimits).registration
    return {
        REGISTRATION_PATH: Endpoint(
            ("POST",), limited(endpoint.register, limit, _refuse), cors="registered"
        ),
        f"{REGISTRATION_PATH}/": Endpoint(
            ("GET", "PUT", "DELETE"), limited(endpoint.manage, limit, _refuse), cors="registered"
        ),
    }
