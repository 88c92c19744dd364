"""Signing and verifying, on joserfc: one key, its one algorithm, one ``typ`` (RFC 8725)."""

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import JoseError

from authserver.errors import Invalid
from authserver.http.json_body import load_json
from authserver.signing.keys import LoadedKey
from authserver.signing.service import SigningService

ACCESS_TOKEN = "at+jwt"  # noqa: S105 - a media type
REFRESH_TOKEN = "rt+jwt"  # noqa: S105 - a media type
# What a header can carry. What goes into a token is bounded so that none of ours is longer.
MAX_LENGTH = 16_384
# By so much the clocks of two of our own processes may differ.
SKEW_SECONDS = 60


class BadTokenError(ValueError):
    """Not a token of ours of the type expected, or one that has expired."""


def sign(key: LoadedKey, kind: str, claims: dict[str, Any]) -> str:
    """A JWS in compact form (RFC 7515, section 7.1) of the type ``kind``."""
    header = {"alg": key.algorithm, "typ": kind, "kid": key.kid}
    return jws.serialize_compact(
        header, orjson.dumps(claims), key.private, algorithms=[key.algorithm]
    )


@dataclass(frozen=True)
class Verifier:
    """Opens tokens that this server signed. Nobody else's key, and no key from a header, counts."""

    issuer: str
    signing: SigningService

    def verify(self, token: str, kind: str, purpose: str, now: datetime) -> dict[str, Any]:
        """The claims. Raises :class:`BadTokenError` for anything but a valid token of the kind.

        ``kind`` is the expected ``typ``: a token of one kind is never taken for another
        (RFC 8725, section 3.11). An expired token gets no leeway: issuer and verifier are one.
        """
        key = self._key(token, kind, purpose)
        try:
            opened = jws.deserialize_compact(token, key.private, algorithms=[key.algorithm])
        except (JoseError, ValueError, TypeError) as error:
            raise BadTokenError from error
        claims = _object(opened.payload)
        if claims.get("iss") != self.issuer or not _is_current(claims, now.timestamp()):
            raise BadTokenError
        return claims

    def _key(self, token: str, kind: str, purpose: str) -> LoadedKey:
        """The key that the header names, if the header is one that we write."""
        if len(token) > MAX_LENGTH or not token.isascii():
            raise BadTokenError
        header = _header(token)
        kid = header.get("kid")
        key = self.signing.verification_key(kid, purpose) if isinstance(kid, str) else None
        if key is None or header != {"alg": key.algorithm, "typ": kind, "kid": kid}:
            raise BadTokenError
        return key


def _header(token: str) -> dict[str, Any]:
    """What the first segment says; it is read before anything is known of the token."""
    segment = token.partition(".")[0]
    padding = "=" * (-len(segment) % 4)
    try:
        written = base64.b64decode(segment + padding, b"-_", validate=True)
    except ValueError as error:
        raise BadTokenError from error
    return _object(written)


def _object(written: bytes) -> dict[str, Any]:
    """The object, each name once (RFC 7515, section 4; RFC 7519, section 4)."""
    try:
        value = load_json(written)
    except Invalid as error:
        raise BadTokenError from error
    if not isinstance(value, dict):
        raise BadTokenError
    return value


def _is_current(claims: dict[str, Any], now: float) -> bool:
    """Whether the time is between the token's beginning and its end (RFC 7519, section 4.1)."""
    moments = [claims.get("exp"), claims.get("nbf", 0), claims.get("iat", 0)]
    if any(type(moment) is not int for moment in moments):
        return False
    end, *beginnings = map(int, moments)
    return now < end and max(beginnings) <= now + SKEW_SECONDS
