"""Keys of a client, and what it signs with them: by PyJWT, which shares nothing with the server."""

import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import get_default_algorithms

from tests.conftest import ISSUER
from tests.support.relying_party import FORM, Http

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN = "/oauth2/token"

_MAKERS = {
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
    "PS256": lambda: rsa.generate_private_key(65537, 2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ES384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}


@dataclass(frozen=True)
class ClientKey:
    """A private key under an id; the algorithm is what it signs by."""

    alg: str = "ES256"
    kid: str | None = field(default_factory=lambda: secrets.token_hex(4))
    private: Any = None

    def __post_init__(self) -> None:
        if self.private is None:
            object.__setattr__(self, "private", _MAKERS[self.alg]())

    def public(self, **members: Any) -> dict[str, Any]:
        """The public key as a JWK."""
        algorithm = get_default_algorithms()[self.alg]
        key = json.loads(algorithm.to_jwk(self.private.public_key()))
        # PyJWT writes key_ops, which contradict another use.
        key.pop("key_ops", None)
        return key | ({"kid": self.kid} if self.kid else {}) | members

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        """A JWT; a header parameter of None is left out."""
        headers = {"kid": self.kid} | header
        given = {name: value for name, value in headers.items() if value is not None}
        # Not by ``jwt.encode``, which refuses to write what the server has to refuse to read.
        written = json.dumps(claims).encode()
        return jwt.PyJWS().encode(written, self.private, algorithm=self.alg, headers=given)


def key_set(*keys: ClientKey) -> dict[str, Any]:
    return {"keys": [key.public() for key in keys]}


def assertion_claims(client_id: str, **changes: Any) -> dict[str, Any]:
    """What a client says when it authenticates (RFC 7523, section 3); None leaves a claim out."""
    now = int(time.time())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": ISSUER,
        "iat": now,
        "exp": now + 60,
        "jti": secrets.token_hex(8),
    }
    return {name: value for name, value in (claims | changes).items() if value is not None}


def post_assertion(http: Http, assertion: str | None, path: str = TOKEN, **form: Any) -> Any:
    """POST as a client that authenticates by JWT."""
    sent = {
        "grant_type": "client_credentials",
        "token": "some-token",
        "client_assertion_type": JWT_BEARER,
        "client_assertion": assertion,
    }
    sent |= form
    data = {name: value for name, value in sent.items() if value is not None}
    return http.open(path, method="POST", data=data, headers={"Content-Type": FORM})
