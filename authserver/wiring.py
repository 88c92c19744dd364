"""The object graph: every repository and every service, made once, in the order of the floors."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar, cast

from authserver.authn.back_channel_logout import BackChannelLogout
from authserver.authn.first_party import FirstPartyFacade
from authserver.authn.service import AuthnService
from authserver.authn.single_sign_on import SingleSignOn
from authserver.clock import Clock, SystemClock
from authserver.domain import Domain, build_domain
from authserver.flows.logout_request import LogoutFlows
from authserver.http.principal import BearerAuthenticator
from authserver.http.request_limits import RequestLimits
from authserver.http.throttle import Throttle, Throttles
from authserver.oauth.client_auth.assertions import ClientAssertions
from authserver.oauth.client_signatures import ClientSignatures
from authserver.oauth.metadata import PATHS
from authserver.oauth.request_objects import RequestObjects
from authserver.oauth.server import AuthorizationServer
from authserver.settings import Settings
from authserver.storage.rate_limits import ProcessRateLimits, parse_limit
from authserver.stores import Stores as Stores
from authserver.stores import open_stores
from authserver.tokens.authenticator import TokenAuthenticator
from authserver.tokens.client_jwts import ClientJwts
from authserver.tokens.codes import CodeService
from authserver.tokens.id_tokens import IdTokens
from authserver.tokens.jwt import Verifier
from authserver.tokens.logout_tokens import LogoutTokens
from authserver.tokens.service import TokenService
from authserver.tokens.subjects import Subjects
from authserver.users.people import People

T = TypeVar("T")


@dataclass(frozen=True)
class Services:
    """Everything, by type."""

    settings: Settings
    by_type: Mapping[type, Any]

    def get(self, kind: type[T]) -> T:
        """The one service of a type."""
        return cast(T, self.by_type[kind])


def build(settings: Settings, clock: Clock | None = None) -> Services:
    """Wire everything. No connection is made yet.

    Raises :class:`KeyStoreError` when the key-encryption key cannot be had.
    """
    stores = open_stores(settings, clock or SystemClock())
    throttles, limits = _throttles(settings, stores), RequestLimits.of(settings)
    domain = build_domain(settings, stores)
    tokens = _tokens(settings, stores, domain)
    logout_tokens = LogoutTokens(
        settings.issuer, tokens.id_tokens.jwts, tokens.subjects, stores.clock
    )
    authn = _authn(settings, stores, domain, throttles)
    codes = CodeService(domain.flows, domain.sessions, domain.audit)
    signatures = ClientSignatures(domain.clients, domain.client_keys)
    made = (
        *(stores, stores.database, throttles, limits),
        *(getattr(domain, field.name) for field in fields(domain)),
        *(tokens, tokens.verifier, tokens.authenticator, authn),
        BackChannelLogout(domain.clients, logout_tokens, stores.outbound),
        LogoutFlows(domain.flows.sealer, stores.clock, settings.authorization_request_ttl),
        SingleSignOn(authn, domain.browser_sessions, domain.sign_out),
        FirstPartyFacade(authn, tokens, domain.clients, settings.api_audience),
        AuthorizationServer(
            clients=domain.clients,
            tokens=tokens,
            codes=codes,
            authn=authn,
            assertions=_assertions(settings, stores, domain, signatures),
            throttle=throttles.client_authentication,
            client_limit=limits.client,
            default_audience=settings.api_audience,
        ),
        RequestObjects(signatures, stores.outbound, stores.clock, settings.issuer),
    )
    by_type: dict[type, Any] = {type(service): service for service in made}
    return Services(settings, by_type | {BearerAuthenticator: tokens.authenticator})


def _tokens(settings: Settings, stores: Stores, domain: Domain) -> TokenService:
    verifier = Verifier(settings.issuer, domain.signing)
    subjects = Subjects(domain.installation_secret.derive(b"pairwise subjects"))
    return TokenService(
        issuer=settings.issuer,
        default_signing_alg=settings.signing_algorithms[0],
        access_token_ttl=settings.access_token_ttl,
        signing=domain.signing,
        resources=domain.resources,
        sessions=domain.sessions,
        verifier=verifier,
        authenticator=TokenAuthenticator(
            verifier=verifier,
            sessions=domain.sessions,
            clients=domain.clients,
            clock=stores.clock,
            api_audience=settings.api_audience,
        ),
        subjects=subjects,
        id_tokens=IdTokens(
            issuer=settings.issuer,
            ttl=settings.id_token_ttl,
            jwts=ClientJwts(domain.signing, domain.clients, domain.client_keys),
            subjects=subjects,
            people=People(stores.database.statements),
            verifier=verifier,
            clock=stores.clock,
        ),
        clock=stores.clock,
    )


def _authn(
    settings: Settings, stores: Stores, domain: Domain, throttles: Throttles
) -> AuthnService:
    return AuthnService(
        users=domain.users,
        credentials=domain.credentials,
        sessions=domain.sessions,
        sign_out=domain.sign_out,
        audit=domain.audit,
        throttle=throttles.sign_in,
        database=stores.database,
        limits=stores.limits,
        audit_limit=parse_limit(settings.audit_limit),
        clock=stores.clock,
        registration_enabled=settings.registration_enabled,
    )


def _assertions(
    settings: Settings, stores: Stores, domain: Domain, signatures: ClientSignatures
) -> ClientAssertions:
    return ClientAssertions(
        signatures=signatures,
        replay=domain.replay,
        clock=stores.clock,
        issuer=settings.issuer,
        audiences=frozenset({settings.issuer, settings.issuer + PATHS["token_endpoint"]}),
    )


def _throttles(settings: Settings, stores: Stores) -> Throttles:
    # Redis is not in the path of a token: that one is the process's own.
    return Throttles(
        sign_in=Throttle("sign_in", parse_limit(settings.login_limit), stores.limits),
        registration=Throttle(
            "registration", parse_limit(settings.registration_limit), stores.limits
        ),
        client_registration=Throttle(
            "client_registration", parse_limit(settings.client_registration_limit), stores.limits
        ),
        client_authentication=Throttle(
            "client_authentication", parse_limit(settings.token_limit), ProcessRateLimits()
        ),
    )
