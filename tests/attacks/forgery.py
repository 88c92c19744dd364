"""Tokens by hand: what a forger makes, and what our own key would have to sign to be wrong.

Nothing here goes through the library that the server verifies with, which might refuse to write
what it ought to refuse to read.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from authserver.signing.keys import LoadedKey


def encode(value: bytes | str | dict[str, Any] | list[Any]) -> str:
    """Base64url without padding; an object or a list as JSON."""
    if isinstance(value, dict | list):
        value = json.dumps(value)
    data = value.encode() if isinstance(value, str) else value
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(segment: str) -> Any:
    """What a segment of a token says."""
    return json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))


def header_of(token: str) -> dict[str, Any]:
    return dict(decode(token.split(".")[0]))


def claims_of(token: str) -> dict[str, Any]:
    return dict(decode(token.split(".")[1]))


def compact(header: Any, payload: Any, signature: bytes = b"") -> str:
    """A JWS in compact form out of what it is given."""
    return f"{encode(header)}.{encode(payload)}.{encode(signature)}"


def with_hmac(header: Any, payload: Any, key: bytes, digest: str = "sha256") -> str:
    """A JWS whose signature is an HMAC under ``key``."""
    signed = f"{encode(header)}.{encode(payload)}"
    return f"{signed}.{encode(hmac.new(key, signed.encode(), getattr(hashlib, digest)).digest())}"


@dataclass(frozen=True)
class Pen:
    """Signs whatever it is given by an ES256 key: with the server's own, as a bug would."""

    private: ec.EllipticCurvePrivateKey
    header: dict[str, Any]

    @classmethod
    def of(cls, key: LoadedKey) -> "Pen":
        """The pen of the server itself."""
        header = {"alg": key.algorithm, "typ": "at+jwt", "kid": key.kid}
        return cls(key.private.private_key, header)

    def sign(self, payload: Any, header: Any = None) -> str:
        """A token with a good signature, whatever it says."""
        signed = f"{encode(self.header if header is None else header)}.{encode(payload)}"
        r, s = decode_dss_signature(self.private.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{signed}.{encode(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
