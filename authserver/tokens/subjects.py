"""What a person, and a person's sign-in, are called at a client (OpenID Connect Core 1.0, 8)."""

import hashlib
import hmac
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import UUID

from authserver.clients.metadata import Client
from authserver.ids import base64url
from authserver.setting_rules import LOCAL_HOSTS

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

    secret: bytes = field(repr=False)

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
        return hmac.new(self.secret, message, hashlib.sha256).digest()


def _sector(client: Client) -> str:
    """The sector identifier (section 8.1): a host, which may be that of several clients.

    A client that has neither one host nor a ``sector_identifier_uri`` is a sector of its own, and
    so is one at a loopback address or under a private-use scheme: those are nobody's, and whoever
    registered there would learn the subjects of the others. Its id is written so that it is no
    host.
    """
    uris = [client.sector_identifier_uri] if client.sector_identifier_uri else client.redirect_uris
    hosts = {_host(uri) for uri in uris}
    host = hosts.pop() if len(hosts) == 1 else None
    return host or f"client {client.client_id}"


def _host(uri: str) -> str | None:
    """The host, if it is one by which its owner can be told from others."""
    parts = urlsplit(uri)
    if parts.scheme != "https" or parts.hostname in LOCAL_HOSTS:
        return None
    return parts.hostname
