"""Which resource servers a token is for (RFC 8707)."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from authserver.clients.metadata import Client
from authserver.errors import InvalidTarget

# All of them go into the token, which must stay short enough for a header.
MAX_RESOURCES = 10


def requested_audience(resources: Sequence[str]) -> tuple[str, ...] | None:
    """The resources asked for, or None. Raises :class:`InvalidTarget` for a malformed one."""
    if not resources:
        return None
    asked = tuple(dict.fromkeys(resources))
    if not all(map(_is_absolute, asked)):
        raise InvalidTarget
    if len(asked) > MAX_RESOURCES:
        raise InvalidTarget(hint=f"Ask for {MAX_RESOURCES} resources at most.")
    return asked


def token_audience(asked: tuple[str, ...] | None, granted: tuple[str, ...]) -> tuple[str, ...]:
    """For whom one access token is: whom it asks for, else the first of those granted.

    Of several audiences each could use the token at the others (section 3; RFC 9068, section 3).
    """
    return asked or granted[:1]


def grant_audience(asked: tuple[str, ...] | None, client: Client, default: str) -> tuple[str, ...]:
    """The audience: what is asked for, else the client's own, else the server's default.

    Raises :class:`InvalidTarget` when the client may not ask for it.
    """
    allowed = client.audience or (default,)
    if asked is None:
        return allowed
    if not set(asked) <= set(allowed):
        raise InvalidTarget
    return asked


def _is_absolute(resource: str) -> bool:
    """An absolute URI without a fragment (section 2)."""
    try:
        return bool(urlsplit(resource).scheme) and "#" not in resource
    except ValueError:
        # A bracket that is not closed, or no address within.
        return False
