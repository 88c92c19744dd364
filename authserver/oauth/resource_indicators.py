"""Which resource servers a token is for (RFC 8707)."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from authserver.clients.metadata import Client
from authserver.errors import InvalidTarget


def requested_audience(resources: Sequence[str]) -> tuple[str, ...] | None:
    """The resources asked for, or None. Raises :class:`InvalidTarget` for a malformed one."""
    if not resources:
        return None
    if not all(map(_is_absolute, resources)):
        raise InvalidTarget
    return tuple(dict.fromkeys(resources))


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
