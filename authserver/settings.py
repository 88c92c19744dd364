"""The settings: each variable with its type, default and meaning; validated as a whole at start.

How they are read, and what is said of mistakes, is the business of ``environment``.
"""

import dataclasses
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from authserver.environment import PREFIX as PREFIX
from authserver.environment import SettingsError as SettingsError
from authserver.environment import read_settings
from authserver.environment import setting as _field
from authserver.environment import variable_name as variable_name
from authserver.setting_rules import (
    between,
    check_algorithms,
    check_bind,
    check_database_url,
    check_hosts,
    check_issuer,
    check_limit,
    check_networks,
    check_origins,
    check_redis_url,
    check_request_limit,
    check_sentry_dsn,
    check_share,
    check_traces_endpoint,
    one_of,
)

DAY = 86_400

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the operator decided. Durations are in seconds."""

    environment: str = _field(
        "str",
        "`production`, or `development`, which allows what only a developer needs.",
        default="production",
        check=one_of("production", "development"),
    )
    issuer: str = _field(
        "str",
        "The address under which everybody reaches this server: the `iss` of each token.",
        check=check_issuer,
    )
    database_url: str = _field(
        "str", "PostgreSQL 14 or newer.", check=check_database_url, secret=True
    )
    redis_url: str = _field(
        "str",
        "Redis 6.2 or Valkey. Empty: no cache, and throttles are counted by each process.",
        default="",
        check=check_redis_url,
        secret=True,
    )
    keys_dir: Path = _field(
        "path", "Where the key-encryption key lies, mode 0600.", default=Path("keys")
    )
    key_encryption_key: str = _field(
        "str",
        "32 random bytes in base64url that seal the signing keys. Empty: a file in the keys "
        "folder, made at the first start. Of several, parted by white space, the first seals and "
        "all open: while it is exchanged.",
        default="",
        secret=True,
    )
    default_audience: str = _field(
        "str",
        "The `aud` of access tokens for which neither the request nor the client names one, "
        "and the audience of the REST API. Empty: the issuer.",
        default="",
    )
    signing_algorithms: Sequence[str] = _field(
        "list",
        "Algorithms that have signing keys, parted by commas; the first signs access tokens.",
        default=("ES256", "RS256"),
        check=check_algorithms,
    )
    signing_key_rotation: int = _field(
        "int",
        "After this time an active signing key gives way to the next. 0: only by command.",
        default=90 * DAY,
        check=between(0, 3650 * DAY),
    )
    signing_key_retention: int = _field(
        "int",
        "How long a retired key stays published: longer than a token that it signed lives, and "
        "than an ID token comes back as a hint (as long as somebody may be signed in).",
        default=8 * DAY,
        check=between(3600, 365 * DAY),
    )
    jwks_max_age: int = _field(
        "int",
        "How long others may cache the JWKS; a new key is published at least this long before use.",
        default=300,
        check=between(0, 3600),
    )
    access_token_ttl: int = _field(
        "int", "Life of an access token.", default=300, check=between(30, 3600)
    )
    id_token_ttl: int = _field(
        "int",
        "Life of an ID token: until when a client may take it in. It may come back as a hint "
        "later.",
        default=600,
        check=between(30, 86_400),
    )
    front_channel_response_types: bool = _field(
        "bool",
        "Whether clients may register for response types that send tokens through the browser. "
        "RFC 9700 advises against them; some certification profiles need them.",
        default=False,
    )
    unsigned_id_tokens: bool = _field(
        "bool",
        "Whether clients may register for ID tokens without a signature, which only the token "
        "endpoint then gives. RFC 8725 advises against them.",
        default=False,
    )
    authorization_request_ttl: int = _field(
        "int",
        "How long a person may take from the first page of a sign-in to the last.",
        default=1800,
        check=between(60, DAY),
    )
    authorization_code_ttl: int = _field(
        "int",
        "How long a client has to exchange an authorization code.",
        default=60,
        check=between(5, 600),
    )
    session_idle_ttl: int = _field(
        "int",
        "A session that is not refreshed for this long ends.",
        default=14 * DAY,
        check=between(60, 365 * DAY),
    )
    session_absolute_ttl: int = _field(
        "int",
        "A session ends after this time, however busy it is.",
        default=90 * DAY,
        check=between(60, 3650 * DAY),
    )
    browser_session_idle_ttl: int = _field(
        "int",
        "A browser in which nobody comes by for this long must sign in again.",
        default=DAY // 2,
        check=between(60, 365 * DAY),
    )
    browser_session_absolute_ttl: int = _field(
        "int",
        "A browser must sign in again after this time, however busy it is.",
        default=7 * DAY,
        check=between(60, 365 * DAY),
    )
    refresh_leeway: int = _field(
        "int",
        "How long the latest used refresh token may be sent again, after a lost answer. 0: off.",
        default=10,
        check=between(0, 60),
    )
    sessions_per_user: int = _field(
        "int",
        "A user may have this many sessions at one client; the oldest ends when one more begins.",
        default=100,
        check=between(1, 10_000),
    )
    registration_enabled: bool = _field(
        "bool", "Whether anybody may register an account.", default=True
    )
    client_registration: str = _field(
        "str",
        "Whether clients may register themselves (RFC 7591): `closed`, `token` (with an initial "
        "access token) or `open` (anybody).",
        default="closed",
        check=one_of("closed", "token", "open"),
    )
    client_registration_hosts: Sequence[str] = _field(
        "list",
        "Patterns such as `*.example.com` for the hosts of the redirect URIs of clients that "
        "register themselves; `com.example.*:` for private-use schemes. None: any host.",
        default=(),
    )
    software_statement_jwks: str = _field(
        "str",
        "A file with the public keys (JWK Set) of publishers whose software statements are "
        "believed. Empty: software statements are ignored.",
        default="",
    )
    login_limit: str = _field(
        "str",
        "Failed sign-ins from one address (IPv6: one /64).",
        default="300/minute",
        check=check_limit,
    )
    registration_limit: str = _field(
        "str",
        "Registrations from one address (IPv6: one /64).",
        default="60/minute",
        check=check_limit,
    )
    client_registration_limit: str = _field(
        "str",
        "Clients that register or change themselves from one address (IPv6: one /64).",
        default="60/hour",
        check=check_limit,
    )
    token_limit: str = _field(
        "str",
        "Failed client authentications from one address (IPv6: one /64).",
        default="600/minute",
        check=check_limit,
    )
    request_limit_client: str = _field(
        "str",
        "Token requests that one client may send, after it has authenticated, such as "
        "`200/second`. Each process counts for itself. Empty: no limit; so it is with every "
        "AUTHSERVER_REQUEST_LIMIT_*.",
        default="",
        check=check_request_limit,
    )
    request_limit_token: str = _field(
        "str",
        "Requests to the token endpoint from one address (IPv6: one /64), in one process.",
        default="",
        check=check_request_limit,
    )
    request_limit_authorize: str = _field(
        "str",
        "Requests to the authorization and end-session endpoints from one address, in one process.",
        default="",
        check=check_request_limit,
    )
    request_limit_verify: str = _field(
        "str",
        "Requests for introspection, userinfo and revocation from one address, in one process.",
        default="",
        check=check_request_limit,
    )
    request_limit_api: str = _field(
        "str",
        "Requests to the REST API from one address, in one process.",
        default="",
        check=check_request_limit,
    )
    request_limit_registration: str = _field(
        "str",
        "Requests from one address to register an account or a client, or to read, change or "
        "delete a registered client, in one process; what is carried out has limits of its own.",
        default="",
        check=check_request_limit,
    )
    request_limit_pages: str = _field(
        "str",
        "Requests for pages, forms and their assets from one address, in one process; a first "
        "visit is several.",
        default="",
        check=check_request_limit,
    )
    lockout_threshold: int = _field(
        "int",
        "Wrong passwords for one account from one network before it must wait.",
        default=10,
        check=between(3, 1000),
    )
    lockout_ttl: int = _field(
        "int",
        "The first wait after that; it doubles with each further failure, up to an hour.",
        default=60,
        check=between(1, 3600),
    )
    account_limit: str = _field(
        "str",
        "Failed sign-ins for one account from all networks together; beyond it only networks "
        "that have signed in to the account before may try.",
        default="100/hour",
        check=check_limit,
    )
    password_hash_threads: int = _field(
        "int",
        "Passwords hashed at once by one process. 0: one for each core.",
        default=0,
        check=between(0, 256),
    )
    password_hash_memory: int = _field(
        "int",
        "Memory for one Argon2id hash, in KiB. Raised, it applies from each user's next sign-in.",
        default=19_456,
        check=between(7168, 4_194_304),
    )
    password_hash_iterations: int = _field(
        "int", "Passes of one Argon2id hash.", default=2, check=between(1, 100)
    )
    audit_limit: str = _field(
        "str",
        "Failed sign-ins that become audit events, and apart from them lock-outs that do; those "
        "beyond are in the log only.",
        default="1000/hour",
        check=check_limit,
    )
    audit_retention: int = _field(
        "int",
        "How long audit events are kept.",
        default=365 * DAY,
        check=between(DAY, 3650 * DAY),
    )
    cache_ttl: int = _field(
        "int",
        "How long a user's profile and permissions may be shown from Redis; nothing is decided by "
        "what is there.",
        default=30,
        check=between(0, 3600),
    )
    database_pool_size: int = _field(
        "int",
        "Connections to PostgreSQL that one process keeps for each of its two pools.",
        default=5,
        check=between(1, 100),
    )
    trusted_proxies: Sequence[str] = _field(
        "list",
        "Networks (CIDR) whose X-Forwarded-For is believed. None: nobody's.",
        default=(),
        check=check_networks,
    )
    cors_origins: Sequence[str] = _field(
        "list",
        "Web origins that may call the token, userinfo and revocation endpoints. Those of "
        "registered redirect URIs may anyway.",
        default=(),
        check=check_origins,
    )
    outbound_allowed_hosts: Sequence[str] = _field(
        "list",
        "Hosts (host or host:port) to which clients may send this server although they are "
        "private, by plain http too: for development and tests. All others must have public "
        "addresses, and https at port 443 or 8443.",
        default=(),
        check=check_hosts,
    )
    bind: str = _field("str", "Address and port that `serve` listens on.", default="127.0.0.1:8000")
    workers: int = _field("int", "Server processes.", default=2, check=between(1, 256))
    threads: int = _field(
        "int", "Requests that one process works on at once.", default=64, check=between(1, 512)
    )
    worker_requests: int = _field(
        "int",
        "After about so many requests a process gives way to a new one, under gunicorn. 0: never.",
        default=1_000_000,
        check=between(0, 1_000_000_000),
    )
    metrics_bind: str = _field(
        "str",
        "Address and port, such as `127.0.0.1:9464`, at which Prometheus finds `/metrics`; a "
        "server and a worker on one machine need two. Never one that the public reaches. Empty: "
        "no metrics.",
        default="",
        check=check_bind,
    )
    log_level: str = _field(
        "str",
        "The least important messages to log.",
        default="INFO",
        check=one_of("DEBUG", "INFO", "WARNING", "ERROR"),
    )
    log_format: str = _field(
        "str", "`json`, or `console` for people.", default="json", check=one_of("json", "console")
    )

    sentry_dsn: str = _field(
        "str",
        "Where crashes are told: the DSN of a project of Sentry. Empty: nowhere. Needs the extra "
        "`sentry`.",
        default="",
        check=check_sentry_dsn,
        secret=True,
    )
    telemetry_environment: str = _field(
        "str",
        "What Sentry and traces call this installation, such as `staging`. Empty: as "
        "AUTHSERVER_ENVIRONMENT.",
        default="",
    )
    traces_endpoint: str = _field(
        "str",
        "Where traces are sent, by OTLP over HTTP: `http://collector:4318/v1/traces`. Empty: "
        "nowhere. Needs the extra `tracing`.",
        default="",
        check=check_traces_endpoint,
    )
    traces_share: float = _field(
        "float",
        "Of the traces that begin here, the part that is recorded, from 0 to 1; of others their "
        "caller decides.",
        default=1.0,
        check=check_share,
    )

    @property
    def in_development(self) -> bool:
        return self.environment == "development"

    @property
    def api_audience(self) -> str:
        """The audience of this server's own REST API, and of tokens for which nobody names one."""
        return self.default_audience or self.issuer

    @property
    def trusted_networks(self) -> tuple[Network, ...]:
        return tuple(ipaddress.ip_network(network) for network in self.trusted_proxies)


def variables() -> list[dataclasses.Field[Any]]:
    """The fields of :class:`Settings`, each with ``metadata``: kind, doc, check, secret."""
    return list(dataclasses.fields(Settings))


def load_settings(**overrides: Any) -> Settings:
    """Read the settings from the environment.

    ``overrides`` are values by field name for what the environment does not say.
    Raises :class:`SettingsError` with all mistakes at once.
    """
    return Settings(**read_settings(variables(), overrides))
