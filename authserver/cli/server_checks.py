"""Checks of ``authserver doctor`` that ask PostgreSQL and Redis how they are."""

import ipaddress
import re
from collections.abc import Mapping
from contextlib import closing, suppress
from typing import Any

import psycopg2
from redis import Redis
from redis.exceptions import AuthenticationError, RedisError

from authserver.cli.findings import Advice, UnwellError
from authserver.clock import SystemClock
from authserver.settings import Settings
from authserver.storage.connections import connector

_OLDEST_POSTGRES = 140000
_OLDEST_REDIS = (6, 2)
_CLOCK_TOLERANCE = 2.0
_PATIENCE = 2.0
_URL = "AUTHSERVER_DATABASE_URL"
# What libpq says, and what is to be done about it.
_MENDS: Mapping[str, str] = {
    "password authentication failed|no password supplied": (
        f"Give {_URL} the password of this user."
    ),
    "no pg_hba.conf entry": "Let pg_hba.conf of the server admit this user from this machine.",
    'database ".*" does not exist': (
        f"Create it with `createdb`, or let {_URL} name one that exists."
    ),
    'role ".*" does not exist': f"Create this user, or let {_URL} name one that exists.",
    "too many clients|remaining connection slots": (
        "Raise max_connections of the server, or run fewer processes."
    ),
    "could not translate host name": f"Mend the host in {_URL}.",
    "starting up": "Wait until the server has started, and look into its log if it does not.",
}
_START = f"Start it, or mend {_URL}."


def postgresql(settings: Settings) -> str:
    """Whether it answers, is new enough, and takes as many connections as we may make."""
    version, number, most = ask(
        settings,
        "SELECT current_setting('server_version'), current_setting('server_version_num')::int,"
        " current_setting('max_connections')::int"
        " - current_setting('superuser_reserved_connections')::int",
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


def encryption(settings: Settings) -> str | Advice:
    """Between two machines passwords and sessions should not be read by others (CWE-319)."""
    with closing(connector(settings.database_url)()) as connection:
        host, encrypted = connection.info.host, connection.info.ssl_in_use
    if encrypted:
        return "The connection to PostgreSQL is encrypted."
    if _is_this_machine(host):
        return "PostgreSQL is reached without leaving this machine."
    return Advice(
        f"The connection to PostgreSQL at {host} is not encrypted: who can read the network "
        "between reads what is stored.",
        f"Let {_URL} end with ?sslmode=verify-full&sslrootcert=/path/to/ca.pem, unless that "
        "network is the server's alone.",
    )


def writing(settings: Settings) -> str:
    """A standby answers everything and stores nothing."""
    standby, read_only, host = ask(
        settings,
        "SELECT pg_is_in_recovery(), current_setting('transaction_read_only')::bool,"
        " coalesce(host(inet_server_addr()), 'this address')",
    )
    if standby:
        raise UnwellError(
            f"The PostgreSQL at {host} is a standby: nothing can be stored in it.",
            f"Let {_URL} name the primary, or add target_session_attrs=read-write to it.",
        )
    if read_only:
        raise UnwellError(
            "This user or this database may only read: default_transaction_read_only is on.",
            "Set it off: ALTER ROLE ... or ALTER DATABASE ... RESET default_transaction_read_only, "
            "or mend postgresql.conf. Monitors of full disks set it as well.",
        )
    return "PostgreSQL stores what it is given."


def clock(settings: Settings) -> str:
    """Tokens have times in them."""
    (theirs,) = ask(settings, "SELECT clock_timestamp()")
    ours = SystemClock().now()
    seconds = abs((ours - theirs).total_seconds())
    if seconds > _CLOCK_TOLERANCE:
        raise UnwellError(
            f"This machine and the database differ by {seconds:.1f} s.",
            "Let both follow NTP: tokens and sessions expire at the wrong time.",
        )
    return "This machine and the database agree on the time."


def redis(settings: Settings) -> str:
    """It may be away, and should not be."""
    if not settings.redis_url:
        return "None is configured: nothing is cached, and each process counts for itself."
    try:
        with Redis.from_url(
            settings.redis_url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE
        ) as client:
            version = str(client.info("server")["redis_version"])
    except RedisError as error:
        raise _unwell_redis(error) from error
    if _numbers(version) < _OLDEST_REDIS:
        raise UnwellError(
            f"Redis {version} is too old.", "Upgrade it to Redis 6.2 or newer, or to Valkey."
        )
    return f"Compatible with version {version}."


def _unwell_redis(error: RedisError) -> UnwellError:
    if isinstance(error, AuthenticationError) or "NOAUTH" in str(error):
        return UnwellError(
            "It refuses the password, or wants one.",
            "Mend AUTHSERVER_REDIS_URL: redis://user:password@host. Until then the server works "
            "without.",
        )
    return UnwellError(
        f"It does not answer ({type(error).__name__}).",
        "Start it, or mend AUTHSERVER_REDIS_URL. Until then the server works without.",
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


def ask(settings: Settings, query: str) -> tuple[Any, ...]:
    """The first row of the answer. Raises :class:`UnwellError` when none is to be had."""
    try:
        with (
            closing(connector(settings.database_url)()) as connection,
            connection.cursor() as cursor,
        ):
            cursor.execute(query)
            row: tuple[Any, ...] = cursor.fetchone() or ()
            return row
    except psycopg2.OperationalError as error:
        reason = (str(error).splitlines() or ["no reason given"])[0].strip().rstrip(".")
        raise UnwellError(f"It does not answer as it should: {reason}.", _mend(reason)) from error


def _mend(reason: str) -> str:
    """By what libpq and the server say in English; in another language it is the general advice."""
    return next((mend for said, mend in _MENDS.items() if re.search(said, reason)), _START)


def _is_this_machine(host: str) -> bool:
    if not host or host.startswith("/") or host == "localhost":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False
