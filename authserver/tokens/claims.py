"""The claims of our tokens. What a profile says never becomes a claim's name."""

from datetime import datetime
from typing import Any

from authserver.ids import new_secret, parse_id
from authserver.sessions.session import RefreshHandle
from authserver.tokens.authorization import Authorization

_JTI_BYTES = 16
# What the column of a generation holds.
_GENERATIONS = range(2**31)


def access_claims(
    issuer: str, authorization: Authorization, subject: str, now: datetime, ttl: int
) -> dict[str, Any]:
    """RFC 9068, section 2.2; ``roles`` by its section 2.2.3.1 and RFC 7643, section 4.1.2."""
    issued_at = int(now.timestamp())
    audience = authorization.audience
    claims: dict[str, Any] = {
        "iss": issuer,
        "sub": subject,
        "aud": audience[0] if len(audience) == 1 else list(audience),
        "exp": issued_at + ttl,
        "iat": issued_at,
        "jti": new_secret(_JTI_BYTES),
        "client_id": authorization.client.client_id,
    }
    if authorization.scope:
        claims["scope"] = " ".join(sorted(authorization.scope))
    session = authorization.session
    if session is not None:
        claims["sid"] = str(session.id)
        claims["auth_time"] = int(session.auth_time.timestamp())
        claims["amr"] = list(session.amr)
        claims["roles"] = list(session.roles)
        if session.acr is not None:
            claims["acr"] = session.acr
    return claims


def refresh_claims(issuer: str, handle: RefreshHandle, expires_at: datetime) -> dict[str, Any]:
    """The triple that a refresh token is, and when its session ends at the latest.

    Nothing here depends on the moment: a retry gets the same bytes.
    """
    return {
        "iss": issuer,
        "sid": str(handle.session_id),
        "gen": handle.generation,
        "sec": handle.secret,
        "exp": int(expires_at.timestamp()),
    }


def read_handle(claims: dict[str, Any]) -> RefreshHandle | None:
    """The triple of verified claims; None unless each has the form in which we write it.

    The signature should say so already. Should our secret be stolen, or sign what it ought not,
    nothing of another form comes near a query.
    """
    session_id = parse_id(str(claims.get("sid")))
    generation, secret = claims.get("gen"), claims.get("sec")
    if session_id is None or type(generation) is not int or generation not in _GENERATIONS:
        return None
    if not isinstance(secret, str) or not secret.isascii():
        return None
    return RefreshHandle(session_id, generation, secret)
