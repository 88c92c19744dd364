"""The methods that there are, and which one a request uses: exactly one (RFC 6749, 2.3)."""

from collections.abc import Callable, Mapping
from types import ModuleType

from authserver.clients.metadata import Client
from authserver.errors import Invalid, InvalidClient
from authserver.oauth.client_auth import client_secret_basic, client_secret_post, none
from authserver.oauth.client_auth.secrets import FindClient
from authserver.oauth.requests import ProtocolRequest

_MODULES: tuple[ModuleType, ...] = (client_secret_basic, client_secret_post)

METHODS: Mapping[str, Callable[[FindClient, ProtocolRequest], Client]] = {
    module.NAME: module.authenticate for module in (*_MODULES, none)
}
# Methods that Authlib's registry would try by itself, and that we have not made.
_UNSUPPORTED = ("client_assertion", "client_assertion_type")


def presented_method(request: ProtocolRequest) -> str:
    """The method that the request uses.

    Raises :class:`Invalid` for two at once, :class:`InvalidClient` for none.
    """
    used = [module.NAME for module in _MODULES if module.is_presented(request)]
    if len(used) > 1:
        raise Invalid(hint="Use one method of client authentication.")
    if any(request.payload.get(name) for name in _UNSUPPORTED):
        raise InvalidClient(detail="client assertions are not supported")
    if used:
        return str(used[0])
    if not none.is_presented(request):
        raise InvalidClient(detail="no client authentication")
    return none.NAME
