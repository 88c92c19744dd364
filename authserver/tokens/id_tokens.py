"""ID tokens: to whom a client owes that somebody signed in (OpenID Connect Core 1.0, section 2)."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from joserfc.jwk import OctKey

from authserver.clients.algorithms import UNSIGNED
from authserver.clients.metadata import Client
from authserver.clock import Clock
from authserver.errors import InvalidToken
from authserver.ids import base64url
from authserver.sessions.session import LiveSession
from authserver.tokens.client_jwts import HS256, ClientJwts, Protection
from authserver.tokens.jwt import (
    ID_TOKEN,
    BadTokenError,
    Verifier,
    open_by,
    read_header,
    read_unproven,
)
from authserver.tokens.subjects import Subjects
from authserver.tokens.user_claims import asks_for_any, claims_for
from authserver.users.people import People

# The hash of the algorithm of the signature (section 3.1.3.6); EdDSA signs over SHA-512.
_HASHES = {"EdDSA": hashlib.sha512, "Ed25519": hashlib.sha512}


@dataclass(frozen=True, slots=True)
class Hint:
    """What an ID token of ours says, when it comes back as a hint; it may have expired."""

    sub: str
    client_id: str
    sid: str | None


@dataclass(frozen=True)
class IdTokens:
    """Makes ID tokens, and knows them again."""

    issuer: str
    ttl: int
    jwts: ClientJwts
    subjects: Subjects
    people: People
    verifier: Verifier
    clock: Clock

    def check(self, client: Client) -> None:
        """Whether the client can have an ID token now. Raises as :meth:`ClientJwts.check` does."""
        self.jwts.check(client, Protection.of_id_token(client))

    def issue(
        self,
        client: Client,
        session: LiveSession,
        scope: Collection[str],
        *,
        nonce: str | None = None,
        access_token: str | None = None,
        code: str | None = None,
        state: str | None = None,
        with_user_claims: bool = False,
    ) -> str:
        """The ID token of a sign-in, signed and encrypted as the client registered.

        What it comes together with is bound to it by a hash: access token, code and state.
        ``with_user_claims`` is for who gets no access token, and so cannot ask userinfo
        (section 5.4). Raises as :meth:`check` does.
        """
        protection = Protection.of_id_token(client)
        algorithm = self.jwts.algorithm(protection)
        shown = scope if with_user_claims else ()
        claims = self._user_claims(session, shown) | self._sign_in_claims(client, session)
        if nonce is not None:
            claims["nonce"] = nonce
        companions = {"at_hash": access_token, "c_hash": code, "s_hash": state}
        claims |= {
            name: _half_hash(algorithm, value)
            for name, value in companions.items()
            if value is not None and algorithm != UNSIGNED
        }
        return self.jwts.make(client, ID_TOKEN, claims, protection)

    def read_hint(self, token: str, client: Client | None) -> Hint:
        """What an ID token says that we once gave to a client, whoever that is if it is None.

        The client that decrypted it sends it on as it was signed. Raises :class:`InvalidToken`.
        """
        try:
            claims = self._opened(token)
        except BadTokenError as error:
            raise InvalidToken(detail="not an ID token of ours") from error
        match claims:
            # A userinfo response has neither of the two times.
            case {"sub": str(sub), "aud": str(audience), "exp": int(), "iat": int()}:
                pass
            case _:
                raise InvalidToken(detail="not the claims of an ID token")
        if client is not None and audience != client.client_id:
            raise InvalidToken(detail="the ID token of another client")
        sid = claims.get("sid")
        return Hint(sub, audience, sid if isinstance(sid, str) else None)

    def _sign_in_claims(self, client: Client, session: LiveSession) -> dict[str, Any]:
        now = int(self.clock.now().timestamp())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "sub": self.subjects.of(client, session.user_id),
            "aud": client.client_id,
            "exp": now + self.ttl,
            "iat": now,
            "auth_time": int(session.auth_time.timestamp()),
        }
        if session.acr is not None:
            claims["acr"] = session.acr
        if session.amr:
            claims["amr"] = list(session.amr)
        if session.browser_session_id is not None:
            claims["sid"] = self.subjects.sid(client.client_id, session.browser_session_id)
        return claims

    def _user_claims(self, session: LiveSession, scope: Collection[str]) -> dict[str, Any]:
        """Nothing is asked of the database as long as the client asks for nothing."""
        requested = (session.claims or {}).get("id_token")
        if not scope and not asks_for_any(requested):
            return {}
        person = self.people.find(session.user_id)
        return claims_for(person, scope, requested) if person else {}

    def _opened(self, token: str) -> dict[str, Any]:
        """The claims, proven. What nobody signed proves nothing, whatever the client registered."""
        if read_header(token) != {"alg": HS256, "typ": ID_TOKEN}:
            return self.verifier.open(token, ID_TOKEN, "token")
        audience = read_unproven(token).get("aud")
        clients = self.jwts.clients
        client = clients.find(audience) if isinstance(audience, str) else None
        for secret in clients.plain_secrets(client) if client else ():
            try:
                claims = open_by(OctKey.import_key(secret), HS256, token)
            except BadTokenError:
                continue
            if claims.get("iss") == self.issuer:
                return claims
        raise BadTokenError


def _half_hash(algorithm: str | None, text: str) -> str:
    """The left half of the hash (section 3.1.3.6)."""
    digest = _HASHES.get(algorithm or "", hashlib.sha256)(text.encode()).digest()
    return base64url(digest[: len(digest) // 2])
