"""Where a request came from: a header is believed only from a proxy that we were told of."""

import ipaddress
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from authserver.settings import Network

UNKNOWN = "unknown"


def client_address(environ: Mapping[str, Any], trusted: Sequence[Network]) -> str:
    """The address of the caller: the last one in X-Forwarded-For that is not a trusted proxy."""
    hops = [str(environ.get("REMOTE_ADDR") or UNKNOWN)]
    if trusted:
        forwarded = str(environ.get("HTTP_X_FORWARDED_FOR", ""))
        hops += [hop.strip() for hop in reversed(forwarded.split(",")) if hop.strip()]
    for nearer, farther in itertools.pairwise(hops):
        if not _is_trusted(nearer, trusted):
            return nearer
        if _parse(farther) is None:
            return nearer
    return hops[-1]


def network_of(address: str | None) -> str:
    """What counts as one caller: an IPv4 address, or the /64 that one IPv6 customer has."""
    parsed = _parse(address or "")
    if parsed is None:
        return UNKNOWN
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def _is_trusted(hop: str, trusted: Sequence[Network]) -> bool:
    address = _parse(hop)
    return address is not None and any(address in network for network in trusted)


def _parse(hop: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(hop)
    except ValueError:
        return None
