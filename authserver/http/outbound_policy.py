"""Where this server may be sent by a client, before anything is asked of the network.

An address that a client registers is called from within our network. So it must be https, of a
name or a number in its usual form, at one of two ports; what else a machine of ours might listen
on is none of a client's business (OWASP ASVS 5.0, section 1.3.6).
"""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from authserver.http.public_addresses import is_public

# The port of https, and the one that those use who may not open it.
PORTS = (443, 8443)
MAX_URL = 2048
_DEFAULT_PORTS = {"https": 443, "http": 80}
# What may stand in a request line; ``urlsplit`` silently removes tabs and line ends.
_URL = re.compile(r"https?://[!-~]+", re.IGNORECASE)
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
# What the resolver would take for a number: 2130706433, 0x7f.1, 0177.0.0.1.
_NUMERIC_LABEL = re.compile(r"0x[0-9a-f]*|[0-9]+")


class OutboundRefused(Exception):  # noqa: N818 - a fact, as in the catalogue of errors
    """The address is not one that we call; the sentence says why, and shows nothing of it."""


@dataclass(frozen=True)
class Destination:
    """A checked URL, taken apart. ``private`` says that the operator vouches for the host."""

    scheme: str
    host: str
    port: int
    target: str
    private: bool


@dataclass(frozen=True)
class OutboundPolicy:
    """``allowed_hosts`` are those of which the operator said that they may be private and http."""

    allowed_hosts: frozenset[str] = frozenset()

    def check(self, url: str) -> Destination:
        """Where the URL leads. Raises :class:`OutboundRefused` where it may not lead.

        A name is not looked up here: what it stands for is checked when it is called.
        """
        parts, port = _parts(url)
        host = parts.hostname or ""
        # Only an address of version 6 stands in brackets; ``urlsplit`` lets anything.
        if not _is_usual_host(host) or ("[" in parts.netloc) != (":" in host):
            raise OutboundRefused("The host is neither a name nor an address in its usual form.")
        private = not self.allowed_hosts.isdisjoint({host, f"{host}:{port}"})
        if not private:
            _check_public(parts.scheme, host, port)
        path = parts.path or "/"
        target = f"{path}?{parts.query}" if parts.query else path
        return Destination(parts.scheme, host, port, target, private)


def _parts(url: str) -> tuple[SplitResult, int]:
    if len(url) > MAX_URL or not _URL.fullmatch(url) or "\\" in url:
        raise OutboundRefused("Expected an https URL in ASCII without spaces.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise OutboundRefused("Expected a URL with a valid host and port.") from error
    if "@" in parts.netloc:
        raise OutboundRefused("A user name before the host is not allowed.")
    return parts, _DEFAULT_PORTS[parts.scheme] if port is None else port


def _is_usual_host(host: str) -> bool:
    """One spelling each: no trailing dot, no numbers that only a resolver can read."""
    if ":" in host or _NUMERIC_LABEL.fullmatch(host.rpartition(".")[2]):
        return _is_address(host)
    return len(host) <= 253 and _NAME.fullmatch(host) is not None


def _is_address(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return "%" not in host and (address.version == 6 or str(address) == host)


def _check_public(scheme: str, host: str, port: int) -> None:
    if scheme != "https":
        raise OutboundRefused("Expected https.")
    if port not in PORTS:
        raise OutboundRefused(f"Expected one of the ports {', '.join(map(str, PORTS))}.")
    if _is_address(host) and not is_public(host):
        raise OutboundRefused("The address is not a public one.")
