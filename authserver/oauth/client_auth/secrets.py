"""What the two methods by secret share."""

from collections.abc import Callable

from authserver.clients.metadata import Client
from authserver.clock import SystemClock
from authserver.errors import InvalidClient

FindClient = Callable[[str], Client | None]


def by_secret(find_client: FindClient, client_id: str, secret: str) -> Client:
    """The client of that id and secret. Raises :class:`InvalidClient`, one for every reason."""
    client = find_client(client_id)
    if client is None or not client.check_client_secret(secret, SystemClock().now()):
        raise InvalidClient(detail="unknown client or wrong secret")
    return client
