"""The checks of ``authserver doctor``: each tells what it found, and how to mend what is wrong."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from authserver.cli.administrators import has_administrator
from authserver.cli.found_settings import FoundSettings, find_settings
from authserver.cli.refusals import explain
from authserver.cli.services import services_of
from authserver.clock import SystemClock
from authserver.settings import Settings
from authserver.signing.service import SigningService
from authserver.storage.connections import connector
from authserver.storage.db import Database
from authserver.storage.migrations import check_schema, head_revision
from authserver.wiring import Services

_POSTGRESQL = "postgresql"
_RESTING_ON_POSTGRESQL = frozenset({"clock", "schema", "signing keys", "administrator"})
_KEY_FILE = "key_encryption_key"
_OLDEST_POSTGRES = 140000
_CLOCK_TOLERANCE = 2.0
_PATIENCE = 2.0


@dataclass(frozen=True)
class Finding:
    """What a check found; ``mend`` is empty when all is well."""

    check: str
    ok: bool
    finding: str
    mend: str = ""


class UnwellError(Exception):
    """A check failed: what was found, and how to mend it."""

    def __init__(self, finding: str, mend: str) -> None:
        super().__init__(finding)
        self.finding = finding
        self.mend = mend


Check = Callable[[], str]


def examine() -> list[Finding]:
    """All checks, in an order in which one rests on those before."""
    found: list[FoundSettings] = []

    def settings_are_valid() -> str:
        found.append(find_settings())
        return f"Valid; found in {found[0].origin}."

    first = _perform("settings", settings_are_valid)
    if not found:
        return [first]
    findings = [first]
    for name, check in _checks(found[0].settings).items():
        findings.append(_skipped(name, findings) or _perform(name, check))
    return findings


def _checks(settings: Settings) -> dict[str, Check]:
    return {
        "issuer": lambda: _issuer(settings),
        _POSTGRESQL: lambda: _postgresql(settings),
        "clock": lambda: _clock(settings),
        "schema": lambda: _with_services(settings, _schema),
        "redis": lambda: _redis(settings),
        "key-encryption key": lambda: _key_encryption_key(settings),
        "signing keys": lambda: _with_services(settings, _signing_keys),
        "administrator": lambda: _with_services(settings, _administrator),
    }


def _skipped(name: str, findings: list[Finding]) -> Finding | None:
    """A check that rests on PostgreSQL tells nothing new when PostgreSQL is away."""
    lost = any(finding.check == _POSTGRESQL and not finding.ok for finding in findings)
    if not lost or name not in _RESTING_ON_POSTGRESQL:
        return None
    return Finding(name, False, "Not checked.", "Mend PostgreSQL first.")


def _perform(name: str, check: Check) -> Finding:
    try:
        return Finding(name, True, check())
    except UnwellError as error:
        return Finding(name, False, error.finding, error.mend)
    except Exception as error:
        refusal = explain(error)
        if refusal is None:
            raise
        return Finding(name, False, str(refusal["message"]))


def _with_services(settings: Settings, check: Callable[[Services], str]) -> str:
    # Wiring makes a key-encryption key where there is none; a doctor only looks.
    _key_encryption_key(settings)
    with services_of(settings) as services:
        return check(services)


def _issuer(settings: Settings) -> str:
    if settings.issuer.startswith("https://") or settings.in_development:
        return f"{settings.issuer} ({settings.environment})."
    raise UnwellError(
        f"{settings.issuer} is not https, and this is production.",
        "Set AUTHSERVER_ISSUER to the https address, or AUTHSERVER_ENVIRONMENT=development.",
    )


def _postgresql(settings: Settings) -> str:
    version, number, most = _ask(
        settings,
        "SELECT current_setting('server_version'), current_setting('server_version_num')::int,"
        " current_setting('max_connections')::int",
    )
    if number < _OLDEST_POSTGRES:
        raise UnwellError(
            f"Version {version} is too old.", "Upgrade the server to PostgreSQL 14 or newer."
        )
    needed = settings.workers * 2 * settings.database_pool_size
    if needed > most:
        raise UnwellError(
            f"{settings.workers} workers may open {needed} connections, and the server takes "
            f"{most}.",
            "Lower AUTHSERVER_WORKERS or AUTHSERVER_DATABASE_POOL_SIZE, or raise max_connections.",
        )
    return f"Version {version}; at most {needed} of {most} connections."


def _clock(settings: Settings) -> str:
    (theirs,) = _ask(settings, "SELECT clock_timestamp()")
    ours = SystemClock().now()
    seconds = abs((ours - theirs).total_seconds())
    if seconds > _CLOCK_TOLERANCE:
        raise UnwellError(
            f"This machine and the database differ by {seconds:.1f} s.",
            "Let both follow NTP: tokens and sessions expire at the wrong time.",
        )
    return "This machine and the database agree on the time."


def _ask(settings: Settings, query: str) -> tuple[Any, ...]:
    with closing(connector(settings.database_url)()) as connection, connection.cursor() as cursor:
        cursor.execute(query)
        row: tuple[Any, ...] = cursor.fetchone() or ()
        return row


def _schema(services: Services) -> str:
    revision, ours = check_schema(services.get(Database)), head_revision()
    if revision == ours:
        return f"At revision {revision}, which this release needs."
    return (
        f"At revision {revision}, which is newer than this release ({ours}) and suits it as well."
    )


def _redis(settings: Settings) -> str:
    if not settings.redis_url:
        return "None is configured: nothing is cached, and each process counts for itself."
    try:
        with Redis.from_url(
            settings.redis_url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE
        ) as client:
            version = client.info("server")["redis_version"]
    except RedisError as error:
        raise UnwellError(
            f"It does not answer ({type(error).__name__}).",
            "Start it, or mend AUTHSERVER_REDIS_URL. Until then the server works without.",
        ) from error
    return f"Compatible with version {version}."


def _key_encryption_key(settings: Settings) -> str:
    path = settings.keys_dir / _KEY_FILE
    if not settings.key_encryption_key and not path.exists():
        raise UnwellError(
            f"There is none: neither AUTHSERVER_KEY_ENCRYPTION_KEY nor {path}.",
            "Restore it from your backup; for a new installation run `authserver bootstrap`.",
        )
    with services_of(settings):
        # Wiring has read it, or has said what is wrong with it.
        return "From the settings." if settings.key_encryption_key else f"In {path}."


def _signing_keys(services: Services) -> str:
    signing = services.get(SigningService)
    # Opens each key, and so finds out whether the key-encryption key is the right one.
    signing.ring()
    active = {key.algorithm for key in signing.list_keys() if key.state == "active"}
    missing = [name for name in services.settings.signing_algorithms if name not in active]
    if missing:
        raise UnwellError(
            f"No key signs by {', '.join(missing)} yet.",
            "Run `authserver bootstrap`; a new algorithm signs some minutes after that.",
        )
    return f"{', '.join(services.settings.signing_algorithms)}: one signs by each."


def _administrator(services: Services) -> str:
    if has_administrator(services):
        return "There is one who can sign in."
    raise UnwellError(
        "There is none who can sign in.",
        "Run `authserver bootstrap --admin-email ...`, or `authserver user enable ...`.",
    )
