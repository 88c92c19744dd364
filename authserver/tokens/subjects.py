"""What a person, and a person's sign-in, are called at a client (OpenID Connect Core 1.0, 8)."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from authserver.clients.metadata import Client
from authserver.clients.sectors import sector_host
from authserver.ids import base64url

PUBLIC = "public"
PAIRWISE = "pairwise"
TYPES = (PUBLIC, PAIRWISE)
# Half of a SHA-256 is as much as a UUID has.
_SID_BYTES = 16


@dataclass(frozen=True)
class Subjects:
    """Names that never change and are never given to anybody else.

    They are computed, not stored: two clients of different sectors cannot find out together that
    they speak of one person, and without the secret nobody finds out who that is (section 8.1).
    """

    secret: Callable[[], bytes] = field(repr=False)

    def of(self, client: Client, user_id: UUID) -> str:
        """The ``sub`` of a user: the same for all clients, or for those of one sector only."""
        if client.subject_type != PAIRWISE:
            return str(user_id)
        return base64url(self._digest(b"sub", _sector(client), user_id))

    def sid(self, client_id: str, browser_session_id: UUID) -> str:
        """What the sign-in of a browser is called at a client (Back-Channel Logout 1.0, 2.1)."""
        return base64url(self._digest(b"sid", client_id, browser_session_id)[:_SID_BYTES])

    def _digest(self, label: bytes, name: str, value: UUID) -> bytes:
        # Label and UUID have fixed lengths: no two inputs are written alike.
        message = label + value.bytes + name.encode()
        return hmac.new(self.secret(), message, hashlib.sha256).digest()


def _sector(client: Client) -> str:
    """The host of its sector; a client without one is one of its own, whose name is no host."""
    host = sector_host(client.sector_identifier_uri, client.redirect_uris)
    return host or f"client {client.client_id}"
