"""From a bearer access token to whom it stands for, at our own REST API and at userinfo."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from authserver.clients.service import ClientService
from authserver.clock import Clock
from authserver.errors import InvalidToken
from authserver.http.principal import Principal
from authserver.ids import parse_id
from authserver.sessions.service import SessionService
from authserver.sessions.session import TokenHolder, TokenPerson
from authserver.tokens.authorization import AccessToken
from authserver.tokens.jwt import ACCESS_TOKEN, BadTokenError, Verifier

T = TypeVar("T")


@dataclass(frozen=True)
class TokenAuthenticator:
    """Verifies the signature, then asks PostgreSQL whether the token has been ended.

    The same answer brings what its bearer may do: no cache takes part in a decision.
    """

    verifier: Verifier
    sessions: SessionService
    clients: ClientService
    clock: Clock
    api_audience: str

    def authenticate(self, token: str) -> Principal:
        """Who calls the REST API. Raises :class:`InvalidToken`.

        A token for another audience is refused (RFC 9068, section 4).
        """
        access = self.read(token)
        if self.api_audience not in access.audience:
            raise InvalidToken(detail="another audience")
        holder = self.holder(access)
        if holder is None:
            return Principal(
                subject=access.claims["sub"], client_id=access.client_id, scope=access.scope
            )
        return Principal(
            subject=str(holder.user_id),
            client_id=access.client_id,
            user_id=holder.user_id,
            session_id=UUID(access.claims["sid"]),
            scope=access.scope,
            roles=holder.roles,
            permissions=holder.permissions,
        )

    def read(self, token: str) -> AccessToken:
        """A token of ours that has not expired. Raises :class:`InvalidToken`."""
        try:
            claims = self.verifier.verify(token, ACCESS_TOKEN, "token", self.clock.now())
        except BadTokenError as error:
            raise InvalidToken from error
        if not _is_complete(claims):
            raise InvalidToken(detail="not the claims of an access token")
        return AccessToken(claims)

    def check(self, access: AccessToken) -> None:
        """Whether the token stands for anything still.

        Raises :class:`InvalidToken` when the token, its session, its user or its client has been
        ended.
        """
        self._found(access, self.sessions.is_alive)

    def holder(self, access: AccessToken) -> TokenHolder | None:
        """Who is behind the token and what they may do; None when its client acts for itself.

        Raises as :meth:`check` does.
        """
        return self._found(access, self.sessions.find_holder)

    def person(self, access: AccessToken) -> TokenPerson | None:
        """The same, for what is told of them."""
        return self._found(access, self.sessions.find_person)

    def _found(self, access: AccessToken, find: Callable[[UUID, str], T]) -> T | None:
        client = self.clients.find(access.client_id)
        if client is None or not client.enabled:
            raise InvalidToken(detail="the client is gone")
        if "sid" not in access.claims:
            if self.sessions.is_access_token_revoked(access.jti):
                raise InvalidToken(detail="revoked")
            return None
        found = find(UUID(access.claims["sid"]), access.jti)
        if not found:
            raise InvalidToken(detail="the session has ended")
        return found


def _is_complete(claims: dict[str, Any]) -> bool:
    """Whether what is read of a token is there, each claim of its type (RFC 9068, section 2.2)."""
    audience = claims.get("aud")
    # A scope without a token in it is left out.
    texts = [claims.get(name) for name in ("sub", "jti", "client_id")] + [claims.get("scope", "")]
    texts += audience if isinstance(audience, list) else [audience]
    session_id = claims.get("sid")
    return all(isinstance(text, str) for text in texts) and (
        "sid" not in claims or (isinstance(session_id, str) and parse_id(session_id) is not None)
    )
