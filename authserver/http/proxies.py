"""Where a request came from: a header is believed only from a proxy that we were told of."""

import ipaddress
import itertools
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import structlog

from authserver.settings import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

UNKNOWN = "unknown"
# The same few peers and callers send most requests.
_REMEMBERED = 1024
log = structlog.get_logger(__name__)
_warnings = itertools.count()


def client_address(environ: Mapping[str, Any], trusted: Sequence[Network]) -> str:
    """The address of the caller: the last one in X-Forwarded-For that is not a trusted proxy."""
    peer = _in_one_form(str(environ.get("REMOTE_ADDR") or UNKNOWN))
    forwarded = str(environ.get("HTTP_X_FORWARDED_FOR", ""))
    if not forwarded:
        return peer
    farther_hops = [hop.strip() for hop in reversed(forwarded.split(",")) if hop.strip()]
    if farther_hops and not _is_trusted(peer, trusted):
        _warn_of_stranger(peer)
    hops = [peer, *map(_in_one_form, farther_hops)]
    for nearer, farther in itertools.pairwise(hops):
        if not _is_trusted(nearer, trusted) or _parse(farther) is None:
            return nearer
    return hops[-1]


@lru_cache(maxsize=_REMEMBERED)
def network_of(address: str | None) -> str:
    """What counts as one caller: an IPv4 address, or the /64 that one IPv6 customer has."""
    parsed = _parse(address or "")
    if parsed is None:
        return UNKNOWN
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((parsed, 64), strict=False))
    return str(parsed)


def _is_trusted(hop: str, trusted: Sequence[Network]) -> bool:
    address = _parse(hop)
    return address is not None and any(address in network for network in trusted)


@lru_cache(maxsize=_REMEMBERED)
def _in_one_form(hop: str) -> str:
    """An address as everybody writes it; anything else as it is."""
    return str(_parse(hop) or hop)


@lru_cache(maxsize=_REMEMBERED)
def _parse(hop: str) -> Address | None:
    """The address. A socket for both kinds tells IPv4 as IPv6 (RFC 4291, section 2.5.5.2)."""
    try:
        address = ipaddress.ip_address(hop)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _warn_of_stranger(peer: str) -> None:
    """Once in each process: a stranger may send the header, and must not fill the log."""
    if next(_warnings) == 0:
        log.warning(
            "proxy.untrusted",
            peer=peer,
            detail="X-Forwarded-For is not believed. If the peer is your proxy, all callers behind "
            "it count as one: name its network in AUTHSERVER_TRUSTED_PROXIES.",
        )
