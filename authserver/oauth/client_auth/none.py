"""``none``: a public client says who it is, and proves nothing (RFC 6749, section 2.1)."""

from authserver.clients.metadata import Client
from authserver.errors import InvalidClient
from authserver.oauth.client_auth.secrets import FindClient
from authserver.oauth.requests import ProtocolRequest

NAME = "none"


def is_presented(request: ProtocolRequest) -> bool:
    return request.payload.get("client_id") is not None


def authenticate(find_client: FindClient, request: ProtocolRequest) -> Client:
    """The client that was named, if it is a public one. Raises :class:`InvalidClient`."""
    client = find_client(request.payload.get("client_id") or "")
    if client is None or not client.is_public:
        raise InvalidClient(detail="no such public client")
    return client
