"""Tokens as a resource server reads them: by PyJWT, with the keys that the server publishes.

The server signs with another library, so that no mistake of one is repeated by the other.
"""

from dataclasses import dataclass
from typing import Any

import jwt

from tests.support.relying_party import Http


@dataclass(frozen=True)
class JwksVerifier:
    """A resource server that knows the issuer and nothing else."""

    http: Http
    issuer: str

    def claims(self, token: str, audience: str) -> dict[str, Any]:
        """The claims of an access token for ``audience``. Raises jwt.PyJWTError."""
        keys = jwt.PyJWKSet.from_dict(self.http.open("/.well-known/jwks.json").json)
        key = keys[jwt.get_unverified_header(token)["kid"]]
        return jwt.decode(
            token, key, algorithms=[key.algorithm_name], audience=audience, issuer=self.issuer
        )


def header_of(token: str) -> dict[str, Any]:
    """What the header says, unverified."""
    return jwt.get_unverified_header(token)


def payload_of(token: str) -> dict[str, Any]:
    """What a token says of itself, unverified."""
    return jwt.decode(token, options={"verify_signature": False})
