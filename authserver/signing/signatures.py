"""Signatures by our own keys (RFC 7518, section 3), each way looked up once a key.

The two that sign most requests go straight to what computes them: what joserfc does around an ECDSA
signature costs as much as the signature (``docs/adr/0018-own-tokens.md``). All others are its own.
"""

import hashlib
import hmac
from collections.abc import Callable
from functools import partial

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

PrivateKey = ECKey | RSAKey | OKPKey | OctKey
Sign = Callable[[bytes], bytes]
Verify = Callable[[bytes, bytes], bool]

_ES256 = ECDSA(SHA256())
# Of each of the two numbers of a P-256 signature, in bytes (RFC 7518, section 3.4).
_HALF = 32


def signer(key: PrivateKey, algorithm: str) -> Sign:
    """From what is signed to its signature."""
    if algorithm == "ES256" and isinstance(key, ECKey):
        return partial(_sign_es256, key.get_op_key("sign"))
    if algorithm == "HS256" and isinstance(key, OctKey):
        return partial(_sign_hs256, key.get_op_key("sign"))
    model = JWSRegistry.algorithms[algorithm]
    return lambda message: model.sign(message, key)


def verifier(key: PrivateKey, algorithm: str) -> Verify:
    """From what was signed, and the signature, to whether it is good."""
    if algorithm == "ES256" and isinstance(key, ECKey):
        return partial(_verify_es256, key.get_op_key("verify"))
    if algorithm == "HS256" and isinstance(key, OctKey):
        return partial(_verify_hs256, key.get_op_key("verify"))
    model = JWSRegistry.algorithms[algorithm]
    return lambda message, signature: model.verify(message, signature, key)


def _sign_es256(key: EllipticCurvePrivateKey, message: bytes) -> bytes:
    r, s = decode_dss_signature(key.sign(message, _ES256))
    return r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")


def _verify_es256(key: EllipticCurvePublicKey, message: bytes, signature: bytes) -> bool:
    if len(signature) != 2 * _HALF:
        return False
    r, s = (int.from_bytes(half, "big") for half in (signature[:_HALF], signature[_HALF:]))
    try:
        key.verify(encode_dss_signature(r, s), message, _ES256)
    except InvalidSignature:
        return False
    return True


def _sign_hs256(secret: bytes, message: bytes) -> bytes:
    return hmac.digest(secret, message, hashlib.sha256)


def _verify_hs256(secret: bytes, message: bytes, signature: bytes) -> bool:
    return hmac.compare_digest(_sign_hs256(secret, message), signature)
