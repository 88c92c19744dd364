"""Logout tokens: that somebody has signed out (OpenID Connect Back-Channel Logout 1.0, 2.4)."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from authserver.clients.algorithms import UNSIGNED
from authserver.clients.metadata import Client
from authserver.clock import Clock
from authserver.ids import new_secret
from authserver.tokens.client_jwts import DEFAULT_SIGNING, ClientJwts, Protection
from authserver.tokens.subjects import Subjects

LOGOUT_TOKEN = "logout+jwt"  # noqa: S105 - a media type
EVENT = "http://schemas.openid.net/event/backchannel-logout"
# "Preferably at most two minutes in the future" (section 2.4), so that none is kept and replayed.
_TTL = 120
_JTI_BYTES = 16


@dataclass(frozen=True)
class LogoutTokens:
    """Makes logout tokens, each for one client and one sign-in of a browser."""

    issuer: str
    jwts: ClientJwts
    subjects: Subjects
    clock: Clock

    def make(self, client: Client, user_id: UUID, browser_session_id: UUID) -> str:
        """A new one, signed and encrypted as the ID tokens of the client are.

        It has both ``sub`` and ``sid``, and never a ``nonce``: nobody can pass it off as an ID
        token. Raises as :meth:`ClientJwts.check` does.
        """
        now = int(self.clock.now().timestamp())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "sub": self.subjects.of(client, user_id),
            "aud": client.client_id,
            "iat": now,
            "exp": now + _TTL,
            "jti": new_secret(_JTI_BYTES),
            "sid": self.subjects.sid(client.client_id, browser_session_id),
            "events": {EVENT: {}},
        }
        return self.jwts.make(client, LOGOUT_TOKEN, claims, _protection(client))


def _protection(client: Client) -> Protection:
    """As for ID tokens; but what nobody signed would end sessions on anybody's word (2.6)."""
    protection = Protection.of_id_token(client)
    if protection.signing == UNSIGNED:
        return replace(protection, signing=DEFAULT_SIGNING, binding=False)
    return protection
