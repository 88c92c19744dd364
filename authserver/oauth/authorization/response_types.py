"""Which response type and mode a request may have, and where errors go.

OAuth 2.0 Multiple Response Type Encoding Practices; OAuth 2.0 Form Post Response Mode.
"""

from authserver.clients.metadata import Client
from authserver.clients.response_types import canonical
from authserver.errors import Invalid, UnauthorizedClient, UnsupportedResponseType

MODES = ("query", "fragment", "form_post")
_IN_FRONT = frozenset({"id_token", "token"})


def check_response_type(asked: str | None, client: Client, supported: tuple[str, ...]) -> str:
    """The response type in its registered spelling.

    Raises :class:`Invalid`, :class:`UnsupportedResponseType` and :class:`UnauthorizedClient`.
    """
    if asked is None:
        raise Invalid(hint="The parameter response_type is missing.")
    name = canonical(asked)
    if name is None or name not in supported:
        raise UnsupportedResponseType
    if name not in client.response_types:
        raise UnauthorizedClient(hint="The client is not registered for this response type.")
    return name


def default_mode(response_type: str | None) -> str:
    """Where the answer goes when nothing is said: tokens never into a query."""
    name = canonical(response_type)
    in_front = name is not None and not _IN_FRONT.isdisjoint(name.split(" "))
    return "fragment" if in_front else "query"


def check_response_mode(asked: str | None, response_type: str) -> str:
    """Raises :class:`Invalid` for an unknown mode, and for a query that would carry tokens."""
    default = default_mode(response_type)
    if asked is None:
        return default
    if asked not in MODES:
        raise Invalid(hint="response_mode is one of query, fragment and form_post.")
    if asked == "query" and default == "fragment":
        raise Invalid(hint="A query must not carry tokens. Use fragment or form_post.")
    return asked


def error_mode(asked: str | None, response_type: str | None) -> str:
    """Where an error goes: where the answer would have gone, as far as that can be told."""
    default = default_mode(response_type)
    usable = asked in MODES and not (asked == "query" and default == "fragment")
    return asked if asked is not None and usable else default
