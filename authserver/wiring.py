"""The object graph: every repository and every service, made once, in the order of the floors."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar, cast

from authserver.audit.repository import AuditRepository
from authserver.audit.service import AuditService
from authserver.authn.first_party import FirstPartyFacade
from authserver.authn.service import AuthnService
from authserver.clients.members import Supported
from authserver.clients.repository import ClientRepository
from authserver.clients.service import ClientService
from authserver.clock import Clock, SystemClock
from authserver.credentials.password_policy import PasswordPolicy
from authserver.credentials.passwords import Argon2Parameters, PasswordHasher
from authserver.credentials.repository import SignInAttemptRepository
from authserver.credentials.service import CredentialService, Lockout
from authserver.http.principal import BearerAuthenticator
from authserver.http.throttle import Throttle, Throttles
from authserver.oauth.server import GRANTS, AuthorizationServer
from authserver.resources.repository import ResourceServerRepository
from authserver.resources.service import ResourceServerService
from authserver.roles.permissions import ALL as ALL_PERMISSIONS
from authserver.roles.repository import RoleRepository
from authserver.roles.service import RoleService
from authserver.sessions.repository import Lifetimes, SessionRepository
from authserver.sessions.service import SessionService
from authserver.settings import Settings
from authserver.signing.keystores import KeyStore, load_key_store
from authserver.signing.repository import SigningKeyRepository
from authserver.signing.schedule import KeyPolicy
from authserver.signing.service import SigningService
from authserver.storage.cache import Cache, NoCache, RedisCache
from authserver.storage.db import Database, open_database
from authserver.storage.notices import LocalNotices, Notices, RedisNotices
from authserver.storage.rate_limits import (
    ProcessRateLimits,
    RateLimits,
    RedisRateLimits,
    parse_limit,
)
from authserver.storage.redis import RedisDoor
from authserver.tokens.authenticator import TokenAuthenticator
from authserver.tokens.jwt import Verifier
from authserver.tokens.service import TokenService
from authserver.users.repository import UserRepository
from authserver.users.service import UserService

T = TypeVar("T")


@dataclass(frozen=True)
class Services:
    """Everything, by type."""

    settings: Settings
    by_type: Mapping[type, Any]

    def get(self, kind: type[T]) -> T:
        """The one service of a type."""
        return cast(T, self.by_type[kind])


@dataclass(frozen=True)
class Stores:
    """Where state lives, and what time it is."""

    database: Database
    redis: RedisDoor | None
    cache: Cache
    limits: RateLimits
    notices: Notices
    clock: Clock


@dataclass(frozen=True)
class Domain:
    """The rooms that own tables."""

    audit: AuditService
    roles: RoleService
    credentials: CredentialService
    clients: ClientService
    users: UserService
    sessions: SessionService
    signing: SigningService
    resources: ResourceServerService


def build(settings: Settings, clock: Clock | None = None) -> Services:
    """Wire everything. No connection is made yet.

    Raises :class:`KeyStoreError` when the key-encryption key cannot be had.
    """
    stores = _stores(settings, clock or SystemClock())
    throttles = _throttles(settings, stores)
    domain = _domain(settings, stores)
    tokens = _tokens(settings, stores, domain)
    authn = _authn(settings, stores, domain, throttles)
    made = (
        *(stores, stores.database, throttles),
        *(getattr(domain, field.name) for field in fields(domain)),
        *(tokens, tokens.verifier, tokens.authenticator, authn),
        FirstPartyFacade(authn, tokens, domain.clients, settings.api_audience),
        AuthorizationServer(
            clients=domain.clients,
            tokens=tokens,
            authn=authn,
            throttle=throttles.client_authentication,
            default_audience=settings.api_audience,
        ),
    )
    by_type: dict[type, Any] = {type(service): service for service in made}
    return Services(settings, by_type | {BearerAuthenticator: tokens.authenticator})


def _domain(settings: Settings, stores: Stores) -> Domain:
    database, hot = stores.database, stores.database.statements
    audit = AuditService(database, AuditRepository())
    roles = RoleService(database, RoleRepository(hot), audit, stores.cache, settings.cache_ttl)
    key_store = load_key_store(settings.keys_dir, settings.key_encryption_key)
    credentials = _credentials(settings, stores, key_store)
    return Domain(
        audit=audit,
        roles=roles,
        credentials=credentials,
        clients=_clients(settings, stores, audit),
        users=UserService(
            database=database,
            users=UserRepository(hot),
            roles=roles,
            credentials=credentials,
            audit=audit,
            cache=stores.cache,
            cache_ttl=settings.cache_ttl,
        ),
        sessions=_sessions(settings, stores, audit),
        signing=_signing(settings, stores, audit, key_store),
        resources=ResourceServerService(
            database=database,
            resource_servers=ResourceServerRepository(hot),
            audit=audit,
            notices=stores.notices,
            signing_algorithms=tuple(settings.signing_algorithms),
        ),
    )


def _tokens(settings: Settings, stores: Stores, domain: Domain) -> TokenService:
    verifier = Verifier(settings.issuer, domain.signing)
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
        clock=stores.clock,
    )


def _authn(
    settings: Settings, stores: Stores, domain: Domain, throttles: Throttles
) -> AuthnService:
    return AuthnService(
        users=domain.users,
        credentials=domain.credentials,
        sessions=domain.sessions,
        audit=domain.audit,
        throttle=throttles.sign_in,
        database=stores.database,
        limits=stores.limits,
        audit_limit=parse_limit(settings.audit_limit),
        clock=stores.clock,
        registration_enabled=settings.registration_enabled,
    )


def _clients(settings: Settings, stores: Stores, audit: AuditService) -> ClientService:
    return ClientService(
        database=stores.database,
        clients=ClientRepository(stores.database.statements),
        audit=audit,
        notices=stores.notices,
        clock=stores.clock,
        supported=Supported(_registrable_grant_types(), tuple(settings.signing_algorithms)),
        permission_names=ALL_PERMISSIONS,
    )


def _signing(
    settings: Settings, stores: Stores, audit: AuditService, key_store: KeyStore
) -> SigningService:
    return SigningService(
        database=stores.database,
        keys=SigningKeyRepository(),
        audit=audit,
        key_store=key_store,
        clock=stores.clock,
        policy=KeyPolicy.of(settings),
    )


def _stores(settings: Settings, clock: Clock) -> Stores:
    database = open_database(settings.database_url, settings.database_pool_size)
    if not settings.redis_url:
        return Stores(database, None, NoCache(), ProcessRateLimits(), LocalNotices(), clock)
    redis = RedisDoor(settings.redis_url)
    return Stores(
        database=database,
        redis=redis,
        cache=RedisCache(redis),
        limits=RedisRateLimits(redis),
        notices=RedisNotices(redis),
        clock=clock,
    )


def _throttles(settings: Settings, stores: Stores) -> Throttles:
    # Redis is not in the path of a token: that one is the process's own.
    return Throttles(
        sign_in=Throttle("sign_in", parse_limit(settings.login_limit), stores.limits),
        registration=Throttle(
            "registration", parse_limit(settings.registration_limit), stores.limits
        ),
        client_authentication=Throttle(
            "client_authentication", parse_limit(settings.token_limit), ProcessRateLimits()
        ),
    )


def _credentials(settings: Settings, stores: Stores, key_store: KeyStore) -> CredentialService:
    # Half of the threads that serve requests remain for what needs no password.
    places = max(1, settings.threads // 2)
    threads = min(settings.password_hash_threads or os.cpu_count() or 1, places)
    return CredentialService(
        hasher=PasswordHasher(
            Argon2Parameters(settings.password_hash_memory, settings.password_hash_iterations),
            threads=threads,
            waiting=places - threads,
        ),
        policy=PasswordPolicy(),
        attempts=SignInAttemptRepository(
            stores.database.statements, key_store.derive(b"sign-in attempts")
        ),
        limits=stores.limits,
        lockout=Lockout(
            threshold=settings.lockout_threshold,
            ttl=settings.lockout_ttl,
            account_limit=parse_limit(settings.account_limit),
        ),
    )


def _sessions(settings: Settings, stores: Stores, audit: AuditService) -> SessionService:
    lifetimes = Lifetimes(
        idle_ttl=settings.session_idle_ttl,
        absolute_ttl=settings.session_absolute_ttl,
        refresh_leeway=settings.refresh_leeway,
        sessions_per_user=settings.sessions_per_user,
    )
    repository = SessionRepository(stores.database.statements, lifetimes)
    return SessionService(stores.database, repository, audit)


def _registrable_grant_types() -> tuple[str, ...]:
    # Clients may be registered for authorization codes ahead of the endpoint that gives them.
    return ("authorization_code", *(grant.GRANT_TYPE for grant in GRANTS))
