"""The services of the rooms that own tables or values, each made once on the same stores."""

from dataclasses import dataclass

from authserver.audit.chain import AuditChain
from authserver.audit.repository import AuditRepository
from authserver.audit.seal_repository import SealRepository
from authserver.audit.seals import SealMaker
from authserver.audit.service import AuditService
from authserver.authn.sign_out import SignOutService
from authserver.browser_sessions.cached import BrowserSessionCache
from authserver.browser_sessions.repository import BrowserLifetimes, BrowserSessionRepository
from authserver.browser_sessions.service import BrowserSessionService
from authserver.clients.api_permissions import ApiPermissions
from authserver.clients.keys import ClientKeys
from authserver.clients.members import Supported
from authserver.clients.readable_secrets import ReadableSecrets
from authserver.clients.replay import ReplayGuard
from authserver.clients.repository import ClientRepository
from authserver.clients.secrets import ClientSecrets
from authserver.clients.sectors import SectorIdentifiers
from authserver.clients.service import ClientService
from authserver.consents.repository import ConsentRepository
from authserver.consents.service import ConsentService
from authserver.credentials.password_policy import PasswordPolicy
from authserver.credentials.passwords import Argon2Parameters, PasswordHasher, cores
from authserver.credentials.repository import SignInAttemptRepository
from authserver.credentials.service import CredentialService, Lockout
from authserver.flows.sealing import Sealer
from authserver.flows.service import FlowService
from authserver.job_queue.repository import JobRepository
from authserver.job_queue.service import JobQueueService
from authserver.oauth.metadata import grant_types
from authserver.registrations.policy import RegistrationPolicy
from authserver.registrations.repository import InitialAccessTokenRepository
from authserver.registrations.service import RegistrationService
from authserver.resources.repository import ResourceServerRepository
from authserver.resources.service import ResourceServerService
from authserver.roles.permissions import ALL as ALL_PERMISSIONS
from authserver.roles.repository import RoleRepository
from authserver.roles.service import RoleService
from authserver.sessions.logout_notices import LogoutNotices
from authserver.sessions.repository import Lifetimes, SessionRepository
from authserver.sessions.service import SessionService
from authserver.settings import Settings
from authserver.signing.installation_secret import InstallationSecret
from authserver.signing.repository import InstallationSecretRepository, SigningKeyRepository
from authserver.signing.schedule import KeyPolicy
from authserver.signing.service import SigningService
from authserver.storage.jobs import JobQueue
from authserver.storage.rate_limits import parse_limit
from authserver.stores import Stores
from authserver.users.repository import UserRepository
from authserver.users.service import UserService


@dataclass(frozen=True)
class Domain:
    """What the protocol, the pages and the REST API stand on."""

    audit: AuditService
    installation_secret: InstallationSecret
    audit_chain: AuditChain
    roles: RoleService
    credentials: CredentialService
    clients: ClientService
    client_keys: ClientKeys
    readable_secrets: ReadableSecrets
    replay: ReplayGuard
    users: UserService
    sessions: SessionService
    browser_sessions: BrowserSessionService
    sign_out: SignOutService
    consents: ConsentService
    registrations: RegistrationService
    flows: FlowService
    signing: SigningService
    resources: ResourceServerService
    jobs: JobQueueService


def build_domain(settings: Settings, stores: Stores) -> Domain:
    """Wire the rooms, in the order of the floors."""
    database, hot = stores.database, stores.database.statements
    audit = AuditService(database, AuditRepository(hot))
    roles = RoleService(database, RoleRepository(hot), audit, stores.cache, settings.cache_ttl)
    installation_secret = InstallationSecret(
        database, InstallationSecretRepository(), audit, stores.key_store
    )
    credentials = _credentials(settings, stores, installation_secret)
    sessions = _sessions(settings, stores, audit)
    clients = _clients(settings, stores, audit)
    browser_sessions = _browser_sessions(settings, stores, audit)
    notices = LogoutNotices(clients, JobQueue())
    sign_out = SignOutService(database, browser_sessions, sessions, audit, notices)
    return Domain(
        audit=audit,
        installation_secret=installation_secret,
        audit_chain=_audit_chain(stores, audit, installation_secret),
        roles=roles,
        credentials=credentials,
        clients=clients,
        # A quarter of the threads may wait for keys that another one fetches.
        client_keys=ClientKeys(stores.outbound, waiting=max(1, settings.threads // 4)),
        readable_secrets=ReadableSecrets(database, clients.clients, clients.secrets),
        replay=ReplayGuard(hot),
        users=_users(settings, stores, roles, credentials, sign_out),
        sessions=sessions,
        browser_sessions=browser_sessions,
        sign_out=sign_out,
        consents=ConsentService(database, ConsentRepository(hot), sessions, audit),
        registrations=_registrations(settings, stores, clients),
        flows=_flows(settings, stores),
        signing=_signing(settings, stores, audit),
        resources=_resources(settings, stores, audit),
        jobs=JobQueueService(database, JobRepository(), audit),
    )


def _audit_chain(stores: Stores, audit: AuditService, secret: InstallationSecret) -> AuditChain:
    maker = SealMaker(secret.derive(b"audit seals"))
    return AuditChain(stores.database, audit, SealRepository(), maker)


def _users(
    settings: Settings,
    stores: Stores,
    roles: RoleService,
    credentials: CredentialService,
    sign_out: SignOutService,
) -> UserService:
    return UserService(
        database=stores.database,
        users=UserRepository(stores.database.statements),
        roles=roles,
        credentials=credentials,
        audit=roles.audit,
        cache=stores.cache,
        cache_ttl=settings.cache_ttl,
        sign_out=sign_out,
    )


def _registrations(
    settings: Settings, stores: Stores, clients: ClientService
) -> RegistrationService:
    return RegistrationService(
        database=stores.database,
        tokens=InitialAccessTokenRepository(),
        clients=clients,
        audit=clients.audit,
        policy=RegistrationPolicy.of(settings),
    )


def _resources(settings: Settings, stores: Stores, audit: AuditService) -> ResourceServerService:
    return ResourceServerService(
        database=stores.database,
        resource_servers=ResourceServerRepository(stores.database.statements),
        audit=audit,
        notices=stores.notices,
        signing_algorithms=tuple(settings.signing_algorithms),
    )


def _flows(settings: Settings, stores: Stores) -> FlowService:
    return FlowService(
        sealer=Sealer(stores.key_store.derive(b"flows")),
        clock=stores.clock,
        issuer=settings.issuer,
        request_ttl=settings.authorization_request_ttl,
        code_ttl=settings.authorization_code_ttl,
    )


def _clients(settings: Settings, stores: Stores, audit: AuditService) -> ClientService:
    return ClientService(
        database=stores.database,
        clients=ClientRepository(stores.database.statements),
        audit=audit,
        notices=stores.notices,
        supported=Supported(
            grant_types(settings.front_channel_response_types),
            tuple(settings.signing_algorithms),
            unsigned_id_tokens=settings.unsigned_id_tokens,
        ),
        api_permissions=ApiPermissions(ALL_PERMISSIONS),
        secrets=ClientSecrets(stores.key_store, stores.clock),
        sectors=SectorIdentifiers(stores.outbound),
    )


def _signing(settings: Settings, stores: Stores, audit: AuditService) -> SigningService:
    return SigningService(
        database=stores.database,
        keys=SigningKeyRepository(),
        audit=audit,
        key_store=stores.key_store,
        clock=stores.clock,
        policy=KeyPolicy.of(settings),
    )


def _credentials(
    settings: Settings, stores: Stores, secret: InstallationSecret
) -> CredentialService:
    # A quarter of the threads that serve requests remains for what needs no password.
    places = max(1, settings.threads * 3 // 4)
    threads = min(settings.password_hash_threads or cores(), places)
    return CredentialService(
        hasher=PasswordHasher(
            Argon2Parameters(settings.password_hash_memory, settings.password_hash_iterations),
            threads=threads,
            waiting=places - threads,
        ),
        policy=PasswordPolicy(),
        attempts=SignInAttemptRepository(
            stores.database.statements, secret.derive(b"sign-in attempts")
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


def _browser_sessions(
    settings: Settings, stores: Stores, audit: AuditService
) -> BrowserSessionService:
    hot, key = stores.database.statements, stores.key_store.derive(b"cached browser sessions")
    return BrowserSessionService(
        database=stores.database,
        browser_sessions=BrowserSessionRepository(hot, BrowserLifetimes.of(settings)),
        cache=BrowserSessionCache(stores.cache, key, settings.cache_ttl),
        audit=audit,
    )
