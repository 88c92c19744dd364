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


def check_limit(value: str) -> None:
    count, slash, unit = value.partition("/")
    if not (count.isdigit() and int(count) and slash and unit in ("second", "minute", "hour")):
        raise ValidationError("Expected a limit such as 30/minute.")


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
