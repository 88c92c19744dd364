"""Signing and verifying, on joserfc: one key, its one algorithm, one ``typ`` (RFC 8725)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import JoseError

from authserver.errors import Invalid
from authserver.http.json_body import load_json
from authserver.ids import read_base64url
from authserver.signing.keys import LoadedKey, PrivateKey
from authserver.signing.service import SigningService

ACCESS_TOKEN = "at+jwt"  # noqa: S105 - a media type
ID_TOKEN = "JWT"  # noqa: S105 - a media type
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
        claims = self.open(token, kind, purpose)
        if not _is_current(claims, now.timestamp()):
            raise BadTokenError
        return claims

    def open(self, token: str, kind: str, purpose: str) -> dict[str, Any]:
        """The claims of a token of ours, which may have expired as long as its key has not.

        Raises :class:`BadTokenError`.
        """
        key = self._key(token, kind, purpose)
        claims = open_by(key.private, key.algorithm, token)
        if claims.get("iss") != self.issuer:
            raise BadTokenError
        return claims

    def _key(self, token: str, kind: str, purpose: str) -> LoadedKey:
        """The key that the header names, if the header is one that we write."""
        header = read_header(token)
        kid = header.get("kid")
        key = self.signing.verification_key(kid, purpose) if isinstance(kid, str) else None
        if key is None or header != {"alg": key.algorithm, "typ": kind, "kid": kid}:
            raise BadTokenError
        return key


def open_by(key: PrivateKey, algorithm: str, token: str) -> dict[str, Any]:
    """The claims, if they were signed by this key. Raises :class:`BadTokenError`."""
    try:
        opened = jws.deserialize_compact(token, key, algorithms=[algorithm])
    except (JoseError, ValueError, TypeError) as error:
        raise BadTokenError from error
    return _object(opened.payload)


def read_header(token: str) -> dict[str, Any]:
    """What the first segment says; it is read before anything is known of the token.

    Raises :class:`BadTokenError`.
    """
    return _segment(token, 0)


def read_unproven(token: str) -> dict[str, Any]:
    """What the claims would be, if the token were good. Raises :class:`BadTokenError`."""
    return _segment(token, 1)


def _segment(token: str, number: int) -> dict[str, Any]:
    segments = token.split(".") if len(token) <= MAX_LENGTH and token.isascii() else []
    if len(segments) != 3:
        raise BadTokenError
    try:
        written = read_base64url(segments[number])
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
