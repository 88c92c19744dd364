"""Which addresses belong to everybody's Internet, and which to somebody's own network.

A list of what is allowed, cut by the special-purpose registries of IANA (RFC 6890): what is new
there is refused by older Pythons and by newer ones alike.
"""

import ipaddress

# 2000::/3 is all that has been given out for global unicast.
_GLOBAL_IPV6 = ipaddress.IPv6Network("2000::/3")
_SPECIAL_IPV6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # Protocol assignments, Teredo among them, which embeds an IPv4 address.
        "2001:db8::/32",  # Documentation.
        "2002::/16",  # 6to4: it embeds an IPv4 address (RFC 7526: deprecated).
        "3fff::/20",  # Documentation.
    )
)
_SPECIAL_IPV4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # Shared by the customers of a provider; a cloud's metadata service.
        "127.0.0.0/8",
        "168.63.129.16/32",  # The wire server of a cloud, from within its machines.
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
# A network without IPv4 reaches all of it through these: the address within decides (RFC 6052).
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether a numeric address is global unicast; anything unreadable is not."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv4Address):
        return _is_public_ipv4(parsed)
    if parsed in _NAT64:
        return _is_public_ipv4(ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF))
    return (
        parsed in _GLOBAL_IPV6
        and parsed.scope_id is None
        and not any(parsed in network for network in _SPECIAL_IPV6)
    )


def _is_public_ipv4(address: ipaddress.IPv4Address) -> bool:
    return not any(address in network for network in _SPECIAL_IPV4)
