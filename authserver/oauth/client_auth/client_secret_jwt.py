"""``client_secret_jwt``: an assertion under the client's secret (OpenID Connect Core 1.0, 9)."""

from authserver.clients.algorithms import BY_SECRET
from authserver.clients.metadata import Client
from authserver.oauth.client_auth import assertions as by_assertion
from authserver.oauth.client_auth.assertions import ClientAssertions
from authserver.oauth.client_auth.secrets import FindClient
from authserver.oauth.requests import ProtocolRequest

NAME = "client_secret_jwt"


def is_presented(request: ProtocolRequest) -> bool:
    if not by_assertion.is_presented(request):
        return False
    return by_assertion.presented_algorithm(request) in BY_SECRET


def authenticate(
    assertions: ClientAssertions, find_client: FindClient, request: ProtocolRequest
) -> Client:
    """The client of the assertion. Raises :class:`InvalidClient` and :class:`Unavailable`."""
    return assertions.authenticate(find_client, request, NAME, BY_SECRET)
