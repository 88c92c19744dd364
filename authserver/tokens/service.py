"""One place where authorizations become tokens, and where tokens are redeemed and ended."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from authserver.actor import Actor
from authserver.clients.metadata import Client
from authserver.clock import Clock
from authserver.errors import InvalidGrant, InvalidScope, InvalidTarget, InvalidToken
from authserver.resources.service import ResourceServerService
from authserver.sessions.service import SessionService
from authserver.sessions.session import LiveSession, RefreshHandle
from authserver.signing.service import SigningService
from authserver.tokens.authenticator import TokenAuthenticator
from authserver.tokens.authorization import Authorization, IssuedAccess, TokenSet
from authserver.tokens.claims import access_claims, read_handle, refresh_claims
from authserver.tokens.id_tokens import IdTokens
from authserver.tokens.jwt import ACCESS_TOKEN, REFRESH_TOKEN, BadTokenError, Verifier, sign
from authserver.tokens.subjects import Subjects

INACTIVE: dict[str, Any] = {"active": False}


@dataclass(frozen=True)
class TokenService:
    """Issues, redeems, inspects and revokes. No grant mints, stores or signs by itself."""

    issuer: str
    default_signing_alg: str
    access_token_ttl: int
    signing: SigningService
    resources: ResourceServerService
    sessions: SessionService
    verifier: Verifier
    authenticator: TokenAuthenticator
    subjects: Subjects
    id_tokens: IdTokens
    clock: Clock

    def issue(self, authorization: Authorization) -> TokenSet:
        """The tokens for an authorization; a refresh token where there is a handle for one."""
        access = self.issue_access(authorization)
        return TokenSet(
            **access._asdict(),
            refresh_token=self._refresh_token(authorization),
            id_token=self._id_token(authorization, access.access_token),
        )

    def issue_access(self, authorization: Authorization) -> IssuedAccess:
        """The access token alone (OpenID Connect Core 1.0, sections 3.2.2.5 and 3.3.2.5)."""
        algorithm, ttl = self._profile(authorization.client, authorization.audience)
        subject = self._subject(authorization)
        claims = access_claims(self.issuer, authorization, subject, self.clock.now(), ttl)
        token = sign(self.signing.best_signing_key(algorithm), ACCESS_TOKEN, claims)
        return IssuedAccess(token, ttl, claims.get("scope", ""))

    def redeem(
        self,
        client: Client,
        refresh_token: str,
        *,
        scope: frozenset[str] | None,
        audience: Sequence[str] | None,
        allowed_audience: Sequence[str],
        actor: Actor,
    ) -> Authorization:
        """The authorization that a refresh token carries on (RFC 6749, section 6).

        What is granted is what is asked for, as far as session and client still have it; no scope
        asked for means all of it, and so with ``audience``, of which the client may have
        ``allowed_audience`` today. Raises :class:`InvalidGrant`, :class:`InvalidScope` when
        nothing is left, :class:`InvalidTarget` then and for an audience that was not granted.
        """
        handle = self._handle(refresh_token)
        wanted = None if scope is None else scope & client.scope
        if wanted is not None and not wanted:
            raise InvalidScope
        # What cannot be signed must not be begun: the generation would have moved for nothing.
        self.signing.best_signing_key()
        self.signing.refresh_key()
        self.check_id_token(client, client.scope if wanted is None else wanted)
        asked = None if wanted is None else sorted(wanted)
        session = self.sessions.rotate(
            handle, client.client_id, asked, audience, actor, allowed_audience
        )
        granted = session.scope & (client.scope if wanted is None else wanted)
        if wanted is not None and not granted:
            raise InvalidScope
        return Authorization(
            client=client,
            subject=str(session.user_id),
            scope=granted,
            audience=_audience_of(session, audience, allowed_audience),
            session=session,
            handle=replace(handle, generation=handle.generation + 1),
        )

    def introspect(self, client: Client, token: str) -> dict[str, Any]:
        """What a client may know of a token (RFC 7662, section 2.2): often just "inactive"."""
        try:
            access = self.authenticator.read(token)
            if not self._may_see(client, access.client_id, access.audience):
                return INACTIVE
            self.authenticator.check(access)
        except InvalidToken:
            return self._introspect_refresh_token(client, token)
        return {"active": True, "token_type": "Bearer"} | access.claims

    def revoke(self, client: Client, token: str, actor: Actor) -> None:
        """End a token of the client (RFC 7009): its session, for a refresh token.

        A token of another client, or none at all, is no error: nothing happens.
        """
        try:
            access = self.authenticator.read(token)
        except InvalidToken:
            self._revoke_refresh_token(client, token, actor)
            return
        if access.client_id == client.client_id:
            expires_at = datetime.fromtimestamp(access.claims["exp"], UTC)
            self.sessions.revoke_access_token(
                access.jti, expires_at, client.client_id, actor, access.claims.get("sid")
            )

    def check_audience(self, client: Client, audience: Sequence[str]) -> None:
        """Whether one token can serve them all; asked before anything is begun or used up.

        Raises :class:`InvalidTarget`.
        """
        self._profile(client, audience)

    def check_id_token(self, client: Client, scope: frozenset[str]) -> None:
        """Whether the client can have the ID token that the scope may bring; asked likewise.

        Raises as :meth:`IdTokens.check` does.
        """
        if _brings_id_token(client, scope):
            self.id_tokens.check(client)

    def rehearse(self, algorithms: Sequence[str]) -> None:
        """By each key that signs, a token that says nothing is signed, read and thrown away.

        What that loads is there for the first true one. Raises Unavailable when no key may sign.
        """
        keys = [self.signing.best_signing_key(name) for name in algorithms]
        for key in (*keys, self.signing.refresh_key()):
            token = sign(key, "rehearsal", {"iss": self.issuer})
            self.verifier.open(token, "rehearsal", key.purpose)

    def _profile(self, client: Client, audience: Sequence[str]) -> tuple[str, int]:
        """Algorithm and life of an access token that suit each of its resource servers.

        What none of them says, its client does. Raises :class:`InvalidTarget`.
        """
        servers = [self.resources.find(name) for name in audience]
        wanted = {server.signing_alg for server in servers if server and server.signing_alg}
        if len(wanted) > 1:
            raise InvalidTarget(hint="Ask for one resource at a time.")
        own = client.access_token_signing_alg or self.default_signing_alg
        lives = (
            (server and server.access_token_ttl) or self.access_token_ttl for server in servers
        )
        return next(iter(wanted), own), min(lives)

    def _subject(self, authorization: Authorization) -> str:
        session = authorization.session
        if session is None:
            return authorization.subject
        return self.subjects.of(authorization.client, session.user_id)

    def _id_token(self, authorization: Authorization, access_token: str) -> str | None:
        client, session, scope = authorization.client, authorization.session, authorization.scope
        if session is None or not _brings_id_token(client, scope):
            return None
        return self.id_tokens.issue(
            client,
            session,
            scope,
            nonce=authorization.nonce,
            access_token=access_token,
            code=authorization.code,
        )

    def _refresh_token(self, authorization: Authorization) -> str | None:
        if authorization.session is None or authorization.handle is None:
            return None
        claims = refresh_claims(self.issuer, authorization.handle, authorization.session.expires_at)
        return sign(self.signing.refresh_key(), REFRESH_TOKEN, claims)

    def _handle(self, refresh_token: str) -> RefreshHandle:
        """Garbage ends here, before any query."""
        try:
            claims = self.verifier.verify(refresh_token, REFRESH_TOKEN, "refresh", self.clock.now())
        except BadTokenError as error:
            raise InvalidGrant(detail="not a refresh token of ours") from error
        handle = read_handle(claims)
        if handle is None:
            raise InvalidGrant(detail="signed by us, and not in our form")
        return handle

    def _may_see(self, client: Client, owner: str, audience: Sequence[str]) -> bool:
        return client.resource_server or client.client_id == owner or client.client_id in audience

    def _introspect_refresh_token(self, client: Client, token: str) -> dict[str, Any]:
        """Only the client that holds a refresh token may ask about it (RFC 7662, section 4)."""
        try:
            session = self.sessions.find(self._handle(token))
        except InvalidGrant:
            return INACTIVE
        if session is None or session.client_id != client.client_id:
            return INACTIVE
        return {
            "active": True,
            "iss": self.issuer,
            "sub": self.subjects.of(client, session.user_id),
            "client_id": session.client_id,
            "scope": " ".join(sorted(session.scope)),
            "exp": int(session.expires_at.timestamp()),
            "sid": str(session.id),
        }

    def _revoke_refresh_token(self, client: Client, token: str, actor: Actor) -> None:
        try:
            handle = self._handle(token)
        except InvalidGrant:
            return
        self.sessions.end_of_client(handle, client.client_id, "revoked", actor)


def _brings_id_token(client: Client, scope: frozenset[str]) -> bool:
    """Whoever asks for openid (OpenID Connect Core 1.0, section 3.1.2.1).

    The built-in client is no relying party: it signs people in to this server itself.
    """
    return "openid" in scope and not client.built_in


def _audience_of(
    session: LiveSession, asked: Sequence[str] | None, allowed: Sequence[str]
) -> tuple[str, ...]:
    """What was granted and may still be: what is asked for of it (RFC 8707, section 2.2), or all.

    Raises :class:`InvalidTarget`.
    """
    left = tuple(name for name in session.audience if name in allowed)
    if not left or not set(asked or ()) <= set(left):
        raise InvalidTarget
    return tuple(asked or left)
