"""Whether an answer may go to a redirect URI (RFC 9700, section 4.1.3)."""

import re

# RFC 8252, section 7.3: the port of a loopback address is chosen when the request is made.
_LOOPBACK = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?::[0-9]{1,5})?((?:[/?].*)?)", re.ASCII)


def is_registered(uri: str, registered: tuple[str, ...]) -> bool:
    """Whether the strings are equal; of loopback addresses, apart from their ports."""
    return uri in registered or _without_port(uri) in map(_without_port, registered)


def _without_port(uri: str) -> str:
    """A loopback address without its port; any other address as it is."""
    match = _LOOPBACK.fullmatch(uri)
    return match[1] + match[2] if match else uri
