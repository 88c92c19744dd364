"""Encryption to a client (RFC 7516; OpenID Connect Core 1.0, section 10.2)."""

from typing import Any

from joserfc import jwe
from joserfc.jwk import ECKey, OKPKey, RSAKey

JWT = "JWT"


def encrypt(
    key: RSAKey | ECKey | OKPKey, algorithm: str, encoding: str, content: bytes, *, nested: bool
) -> str:
    """A JWE in compact form. ``nested`` is whether its content is a JWT (RFC 7519, section 5.2)."""
    header: dict[str, Any] = {"alg": algorithm, "enc": encoding}
    if nested:
        header["cty"] = JWT
    # By it a client with several keys finds the one (RFC 7516, section 4.1.6).
    if key.kid:
        header["kid"] = key.kid
    return jwe.encrypt_compact(header, content, key, algorithms=[algorithm, encoding])
