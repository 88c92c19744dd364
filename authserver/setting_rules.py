"""What the value of a setting must look like; each rule says what was expected instead."""

import ipaddress
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from environs import ValidationError

SIGNING_ALGORITHMS = ("ES256", "RS256", "PS256", "Ed25519", "EdDSA")
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")
_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
# A key, and at the end the number of a project.
_DSN = re.compile(r"https?://[^\s:/@]+(:[^\s:/@]+)?@[^\s/?#@]+(/[^\s?#]*)?/[0-9]+")
_ENDPOINT = re.compile(r"https?://[^\s/?#@]+/[^\s?#@]+")
_HOST_AND_PORT = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*(:[1-9][0-9]{0,4})?")


def origin_of(address: str) -> str | None:
    """The web origin of an address as browsers write it (RFC 6454, section 6.2).

    None for what is no address of the web, or cannot be told for certain.
    """
    try:
        parts = urlsplit(address)
        host, port = _host(parts.hostname or ""), parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not host or port == 0:
        return None
    ending = "" if port in (None, _PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{ending}"


def _host(text: str) -> str:
    """The host as an origin has it, or nothing. Raises ValueError."""
    if ":" in text:
        return f"[{ipaddress.IPv6Address(text)}]"
    return text if _HOST.fullmatch(text) else ""


def check_issuer(value: str) -> None:
    origin = origin_of(value)
    if origin is None:
        raise ValidationError("Expected an https URL such as https://id.example.com.")
    if value != origin:
        raise ValidationError(
            f"Expected scheme, host and port only, in small letters, no slash at the end: {origin}."
        )
    if value.startswith("http:") and urlsplit(value).hostname not in LOCAL_HOSTS:
        raise ValidationError("Expected https: plain http is for localhost only.")


def check_origins(value: list[str]) -> None:
    """Compared letter by letter with what browsers send: in another form they never match."""
    if any(origin_of(origin) != origin for origin in value):
        raise ValidationError(
            "Expected origins such as https://app.example.com, parted by commas: scheme, host "
            "and, unless it is the usual one, port, in small letters, no slash at the end."
        )


def check_database_url(value: str) -> None:
    if not value.startswith(("postgresql://", "postgresql+psycopg2://", "postgres://")):
        raise ValidationError("Expected postgresql://user:password@host/database.")
    place = value.partition("://")[2].partition("?")[0]
    if place.count("@") > 1 or "@" in place.partition("/")[2]:
        # Or else a part of the password would be taken for the host, and shown as such.
        raise ValidationError("Write @ in a password as %40, and / as %2F.")


def check_redis_url(value: str) -> None:
    if value and not value.startswith(("redis://", "rediss://", "unix://")):
        raise ValidationError("Expected redis://, rediss:// or unix://.")


def check_algorithms(value: list[str]) -> None:
    if not value or not set(value) <= set(SIGNING_ALGORITHMS):
        raise ValidationError(f"Expected one or more of {', '.join(SIGNING_ALGORITHMS)}.")


def check_networks(value: list[str]) -> None:
    for network in value:
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            raise ValidationError(
                "Expected networks such as 10.0.0.0/8, parted by commas."
            ) from error


def check_hosts(value: list[str]) -> None:
    if any(_HOST_AND_PORT.fullmatch(host) is None for host in value):
        raise ValidationError(
            "Expected hosts such as app.example.internal or 127.0.0.1:8080 in small letters, "
            "parted by commas."
        )


def check_bind(value: str) -> None:
    host, _, port = value.rpartition(":")
    if value and not (host and port.isdecimal() and 0 < int(port) < 65_536):
        raise ValidationError("Expected an address and a port such as 127.0.0.1:9464.")


def check_limit(value: str) -> None:
    count, slash, unit = value.partition("/")
    if not (count.isdecimal() and int(count) and slash and unit in ("second", "minute", "hour")):
        raise ValidationError("Expected a limit such as 30/minute.")


def check_request_limit(value: str) -> None:
    if value:
        check_limit(value)


def check_sentry_dsn(value: str) -> None:
    if value and not _DSN.fullmatch(value):
        raise ValidationError("Expected a DSN such as https://key@sentry.example.com/42.")


def check_traces_endpoint(value: str) -> None:
    """Who needs a password for the collector says so in OTEL_EXPORTER_OTLP_HEADERS."""
    if value and not _ENDPOINT.fullmatch(value):
        raise ValidationError(
            "Expected the whole URL, such as http://collector:4318/v1/traces, without user, "
            "password and query."
        )


def check_share(value: float) -> None:
    if not 0 <= value <= 1:
        raise ValidationError("Expected a number from 0 to 1, such as 0.1.")


def between(low: int, high: int) -> Callable[[int], None]:
    def check(value: int) -> None:
        if not low <= value <= high:
            raise ValidationError(f"Expected a number from {low} to {high}.")

    return check


def one_of(*allowed: str) -> Callable[[str], None]:
    def check(value: str) -> None:
        if value not in allowed:
            raise ValidationError(f"Expected one of {', '.join(allowed)}.")

    return check
