"""What a grant produces, and what becomes of it."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from authserver.clients.metadata import Client
from authserver.sessions.session import LiveSession, RefreshHandle


@dataclass(frozen=True, slots=True)
class Authorization:
    """Who may do what, where: a grant's result, from which one service makes tokens.

    ``audience`` is for whom the access token is; a session may have been granted more.
    ``session`` and ``handle`` are None for a client that acts for itself, and ``subject`` is its
    id then; what a person is called at the client is the business of ``subjects``.
    ``nonce`` and ``code`` are those of an authorization request, for the ID token.
    """

    client: Client
    subject: str
    scope: frozenset[str]
    audience: tuple[str, ...]
    session: LiveSession | None = None
    handle: RefreshHandle | None = None
    nonce: str | None = None
    code: str | None = None


class IssuedAccess(NamedTuple):
    """An access token by itself, as the front channel wants it (RFC 6749, section 4.2.2)."""

    access_token: str
    expires_in: int
    scope: str


@dataclass(frozen=True, slots=True)
class TokenSet:
    """A successful answer of the token endpoint (RFC 6749, section 5.1)."""

    access_token: str
    expires_in: int
    scope: str
    refresh_token: str | None = None
    id_token: str | None = None
    token_type: str = "Bearer"  # noqa: S105 - a registered name

    def as_response(self) -> dict[str, Any]:
        """The members by their registered names; what is absent is left out, never null."""
        members: dict[str, Any] = {
            "access_token": self.access_token,
            "token_type": self.token_type,
            "expires_in": self.expires_in,
        }
        # A scope has one token at least (RFC 6749, section 3.3).
        if self.scope:
            members["scope"] = self.scope
        if self.refresh_token is not None:
            members["refresh_token"] = self.refresh_token
        if self.id_token is not None:
            members["id_token"] = self.id_token
        return members


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A verified access token of ours, by its claims (RFC 9068, section 2.2)."""

    claims: dict[str, Any] = field(repr=False)

    @property
    def jti(self) -> str:
        return str(self.claims["jti"])

    @property
    def client_id(self) -> str:
        return str(self.claims["client_id"])

    @property
    def audience(self) -> tuple[str, ...]:
        audience = self.claims["aud"]
        return (audience,) if isinstance(audience, str) else tuple(audience)

    @property
    def scope(self) -> frozenset[str]:
        return frozenset(str(self.claims.get("scope", "")).split())
