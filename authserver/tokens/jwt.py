"""Signing and verifying: one key, its one algorithm, one ``typ`` (RFC 8725).

Of our own tokens we write and read the form ourselves: there is one, and to know it costs half of
what it costs to be ready for all (``docs/adr/0018-own-tokens.md``). What others sign joserfc reads.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import JoseError

from authserver.errors import Invalid
from authserver.http.json_body import load_json
from authserver.ids import base64url, read_base64url
from authserver.signing.keys import LoadedKey, PrivateKey
from authserver.signing.service import SigningService
from authserver.tokens.verified_tokens import VerifiedTokens

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
    signed = f"{_header(key.algorithm, kind, key.kid)}.{base64url(orjson.dumps(claims))}"
    return f"{signed}.{base64url(key.sign(signed.encode()))}"


@dataclass(frozen=True)
class Verifier:
    """Opens tokens that this server signed. Nobody else's key, and no key from a header, counts."""

    issuer: str
    signing: SigningService
    verified: VerifiedTokens = field(default_factory=VerifiedTokens)

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
        signed, _, signature = _form(token).rpartition(".")
        header, _, payload = signed.partition(".")
        key = self._key(header, kind, purpose)
        if (known := self.verified.find(key, token)) is not None:
            return known
        if not key.verify(signed.encode(), _decoded(signature)):
            raise BadTokenError
        claims = _object(_decoded(payload))
        if claims.get("iss") != self.issuer:
            raise BadTokenError
        if kind != REFRESH_TOKEN:
            # That one is sent once.
            self.verified.add(key, token, claims)
        return claims

    def _key(self, header: str, kind: str, purpose: str) -> LoadedKey:
        """The key that the header names, if the header is one that we write."""
        members = _members(header)
        kid = members.get("kid")
        key = self.signing.verification_key(kid, purpose) if isinstance(kid, str) else None
        if key is None or members != {"alg": key.algorithm, "typ": kind, "kid": kid}:
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
    return _object(_decoded(_form(token).split(".")[number]))


def _form(token: str) -> str:
    """The token, if it has three segments and the length of one of ours."""
    if len(token) > MAX_LENGTH or not token.isascii() or token.count(".") != 2:
        raise BadTokenError
    return token


def _decoded(segment: str) -> bytes:
    """The bytes, in the one spelling that we write: bits that no byte needs are zero."""
    try:
        decoded = read_base64url(segment)
    except ValueError as error:
        raise BadTokenError from error
    if base64url(decoded) != segment:
        raise BadTokenError
    return decoded


# Few headers are ever ours. Those of strangers come and go, and are refused either way.
@lru_cache(maxsize=64)
def _header(algorithm: str, kind: str, kid: str) -> str:
    return base64url(orjson.dumps({"alg": algorithm, "typ": kind, "kid": kid}))


@lru_cache(maxsize=64)
def _members(header: str) -> Mapping[str, Any]:
    return MappingProxyType(_object(_decoded(header)))


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
