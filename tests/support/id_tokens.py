"""ID tokens and userinfo responses as a relying party reads them, by another library than ours.

PyJWT verifies what the server signed; joserfc decrypts, which PyJWT does not.
"""

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

import jwt
from joserfc import jwe
from joserfc.jwk import ECKey, OKPKey, RSAKey

from tests.support.relying_party import Http


@dataclass(frozen=True)
class IdTokenVerifier:
    """A relying party that knows the issuer, its own id, and perhaps its secret."""

    http: Http
    issuer: str
    client_id: str
    secret: str | None = None

    def claims(self, token: str, algorithm: str = "RS256") -> dict[str, Any]:
        """The claims (OpenID Connect Core 1.0, section 3.1.3.7). Raises jwt.PyJWTError."""
        return jwt.decode(
            token,
            self._key(token, algorithm),
            algorithms=[algorithm],
            audience=self.client_id,
            issuer=self.issuer,
        )

    def _key(self, token: str, algorithm: str) -> Any:
        if algorithm.startswith("HS"):
            return self.secret
        published = self.http.open("/.well-known/jwks.json").json["keys"]
        kid = jwt.get_unverified_header(token)["kid"]
        [key] = [key for key in published if key["kid"] == kid]
        # PyJWT knows the algorithm by its older name only (RFC 9864).
        return jwt.PyJWK(key | ({"alg": "EdDSA"} if key["kty"] == "OKP" else {}))


def decrypt(token: str, key: RSAKey | ECKey | OKPKey, *algorithms: str) -> tuple[Any, str]:
    """Header and content of a JWE."""
    opened = jwe.decrypt_compact(token, key, algorithms=list(algorithms))
    assert opened.plaintext is not None
    return opened.headers(), opened.plaintext.decode()


def half_hash(text: str, algorithm: str = "sha256") -> str:
    """at_hash, c_hash and s_hash (section 3.1.3.6)."""
    digest = hashlib.new(algorithm, text.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
