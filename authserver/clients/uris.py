"""What a client may register as an address: exact, absolute, and read in one way only.

Whatever two readers of one URI could understand differently is refused when it is registered, so
that later a comparison of strings is enough (RFC 9700, section 4.1.3).
"""

import ipaddress
import re
from urllib.parse import SplitResult, unquote, urlsplit

from authserver.setting_rules import LOCAL_HOSTS

MAX_LENGTH = 2048
MAX_ENCODINGS = 4

# RFC 3986 without the fragment, and without "*", in which others see a wildcard.
_URI = re.compile(r"(?:[A-Za-z0-9\-._~:/?\[\]@!$&'()+,;=]|%[0-9A-Fa-f]{2})+")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?")
_IPV6_AUTHORITY = re.compile(r"\[[0-9A-Fa-f:.]+\](?::[0-9]+)?")
# A private-use scheme is a domain name in reverse order (RFC 8252, section 7.1).
_PRIVATE_USE = re.compile(r"[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+")
# RFC 8707, section 2: an absolute URI without fragment; we take a plain name as well.
_AUDIENCE = re.compile(r"[!$-\[\]-~]{1,255}")


class BadURIError(ValueError):
    """The URI may not be registered; its sentence says why."""


def check_redirect_uri(uri: str, *, native: bool) -> None:
    """Raises :class:`BadURIError` unless ``uri`` may be registered for redirection.

    RFC 6749, section 3.1.2; RFC 8252, sections 7.1 and 7.3: plain http for the loopback interface
    only, private-use schemes for applications on a device only.
    """
    parts = _parts(uri)
    if parts.scheme in ("https", "http"):
        _check_web_address(parts, http_for_loopback=True)
    elif not _PRIVATE_USE.fullmatch(parts.scheme):
        raise BadURIError(
            "Expected https, http for a loopback host, or a scheme that is a domain name in "
            "reverse order, such as com.example.app:/callback."
        )
    elif not native:
        raise BadURIError(
            "Only a client on a device may use a private-use scheme: a public one "
            "(token_endpoint_auth_method none), or one of the application_type native."
        )


def check_web_uri(uri: str) -> None:
    """Raises :class:`BadURIError` unless ``uri`` is the https address of a page or a picture."""
    _check_web_address(_parts(uri), http_for_loopback=False)


def check_service_uri(uri: str) -> None:
    """Raises :class:`BadURIError` unless the server, or a frame of it, may call ``uri``.

    Whether it then does is up to ``http.outbound``: a registered address is not yet a public one.
    """
    _check_web_address(_parts(uri), http_for_loopback=True)


def is_audience(name: str) -> bool:
    """Whether ``name`` may be the audience of an access token."""
    return _AUDIENCE.fullmatch(name) is not None


def _parts(uri: str) -> SplitResult:
    """The parts of an absolute URI.

    Its characters are checked first: ``urlsplit`` silently removes tabs and line ends.
    """
    if len(uri) > MAX_LENGTH:
        raise BadURIError(f"Expected at most {MAX_LENGTH} characters.")
    if not _URI.fullmatch(uri):
        raise BadURIError(
            "Expected an absolute URI in ASCII without fragment, wildcard, backslash or spaces."
        )
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError as error:
        raise BadURIError("Expected a URI with a valid host and port.") from error
    if not parts.scheme or not (parts.netloc or parts.path) or port == 0:
        raise BadURIError("Expected an absolute URI such as https://app.example.com/callback.")
    if "@" in parts.netloc:
        raise BadURIError("A user name before the host is not allowed.")
    _check_path(parts.path)
    return parts


def _check_path(path: str) -> None:
    """No ``.`` and ``..`` segments, however often they are encoded (CVE-2024-1132)."""
    for _ in range(MAX_ENCODINGS):
        decoded = unquote(path, errors="replace")
        if decoded == path:
            break
        path = decoded
    else:
        raise BadURIError(f"Expected a path that is encoded fewer than {MAX_ENCODINGS} times.")
    if not {".", ".."}.isdisjoint(re.split(r"[/\\]", path)):
        raise BadURIError("The path segments . and .. are not allowed.")


def _check_web_address(parts: SplitResult, *, http_for_loopback: bool) -> None:
    if not _has_host(parts):
        raise BadURIError("Expected a host name or an IP address after //.")
    if parts.scheme == "https":
        return
    if not http_for_loopback:
        raise BadURIError("Expected https.")
    if parts.hostname not in LOCAL_HOSTS:
        raise BadURIError("Expected https, or http for localhost, 127.0.0.1 or [::1].")


def _has_host(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    if "[" not in parts.netloc:
        return len(host) <= 253 and all(_LABEL.fullmatch(label) for label in host.split("."))
    # ``urlsplit`` overlooks what stands between "]" and the port.
    if not _IPV6_AUTHORITY.fullmatch(parts.netloc):
        return False
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return True
