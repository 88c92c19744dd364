"""What the value of a setting must look like; each rule says what was expected instead."""

import ipaddress
from collections.abc import Callable
from urllib.parse import urlsplit

from environs import ValidationError

SIGNING_ALGORITHMS = ("ES256", "RS256", "PS256", "Ed25519", "EdDSA")
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1")


def check_issuer(value: str) -> None:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValidationError("Expected an https URL such as https://id.example.com.")
    if parts.path or parts.query or parts.fragment:
        raise ValidationError("Expected scheme, host and port only, no slash at the end.")
    if parts.scheme == "http" and parts.hostname not in LOCAL_HOSTS:
        raise ValidationError("Expected https: plain http is for localhost only.")


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
