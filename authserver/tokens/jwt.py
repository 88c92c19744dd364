"""Signing and verifying, on joserfc: one key, its one algorithm, one ``typ`` (RFC 8725)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import JoseError

from authserver.signing.keys import LoadedKey
from authserver.signing.service import SigningService

ACCESS_TOKEN = "at+jwt"  # noqa: S105 - a media type
REFRESH_TOKEN = "rt+jwt"  # noqa: S105 - a media type
MAX_LENGTH = 8192


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
        (RFC 8725, section 3.11). There is no leeway: issuer and verifier are one.
        """
        key = self._key(token, kind, purpose)
        try:
            opened = jws.deserialize_compact(token, key.private, algorithms=[key.algorithm])
            claims = orjson.loads(opened.payload)
        except (JoseError, ValueError, TypeError) as error:
            raise BadTokenError from error
        if claims.get("iss") != self.issuer or now.timestamp() >= claims["exp"]:
            raise BadTokenError
        return dict(claims)

    def _key(self, token: str, kind: str, purpose: str) -> LoadedKey:
        """The key that the header names, if the header is one that we write."""
        if len(token) > MAX_LENGTH or not token.isascii():
            raise BadTokenError
        try:
            header = jws.extract_compact(token.encode()).headers()
        except (JoseError, ValueError, TypeError) as error:
            raise BadTokenError from error
        kid = header.get("kid")
        key = self.signing.verification_key(kid, purpose) if isinstance(kid, str) else None
        if key is None or header != {"alg": key.algorithm, "typ": kind, "kid": kid}:
            raise BadTokenError
        return key
