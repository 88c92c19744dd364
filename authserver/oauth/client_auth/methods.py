"""The methods that there are, and which one a request uses: exactly one (RFC 6749, 2.3)."""

from collections.abc import Callable, Mapping
from functools import partial
from types import ModuleType

from authserver.clients.metadata import Client
from authserver.errors import Invalid, InvalidClient
from authserver.oauth.client_auth import (
    client_secret_basic,
    client_secret_jwt,
    client_secret_post,
    none,
    private_key_jwt,
)
from authserver.oauth.client_auth.assertions import ClientAssertions
from authserver.oauth.client_auth.secrets import FindClient
from authserver.oauth.requests import ProtocolRequest

_BY_SECRET: tuple[ModuleType, ...] = (client_secret_basic, client_secret_post)
_BY_JWT: tuple[ModuleType, ...] = (client_secret_jwt, private_key_jwt)

# By their registered names.
METHODS: tuple[str, ...] = tuple(module.NAME for module in (*_BY_SECRET, *_BY_JWT, none))
Method = Callable[[FindClient, ProtocolRequest], Client]


def methods(assertions: ClientAssertions) -> Mapping[str, Method]:
    """Each method as a function that finds the client, or raises :class:`InvalidClient`."""
    by_jwt = {module.NAME: partial(module.authenticate, assertions) for module in _BY_JWT}
    return {module.NAME: module.authenticate for module in (*_BY_SECRET, none)} | by_jwt


def presented_method(request: ProtocolRequest) -> str:
    """The method that the request uses.

    Raises :class:`Invalid` for two at once, :class:`InvalidClient` for none.
    """
    used = [module.NAME for module in (*_BY_SECRET, *_BY_JWT) if module.is_presented(request)]
    if len(used) > 1:
        raise Invalid(hint="Use one method of client authentication.")
    if used:
        return str(used[0])
    if not none.is_presented(request):
        raise InvalidClient(detail="no client authentication")
    return none.NAME
