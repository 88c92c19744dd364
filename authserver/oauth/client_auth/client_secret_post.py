"""``client_secret_post``: id and secret in the form (RFC 6749, section 2.3.1)."""

from authserver.clients.metadata import Client
from authserver.oauth.client_auth.secrets import FindClient, by_secret
from authserver.oauth.requests import ProtocolRequest

NAME = "client_secret_post"


def is_presented(request: ProtocolRequest) -> bool:
    return request.payload.get("client_secret") is not None


def authenticate(find_client: FindClient, request: ProtocolRequest) -> Client:
    """The client of the form. Raises :class:`InvalidClient`."""
    form = request.payload
    return by_secret(find_client, form.get("client_id") or "", form.get("client_secret") or "")
