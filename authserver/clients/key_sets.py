"""The public keys of a client, registered by value (RFC 7517; RFC 7591, section 2)."""

from collections.abc import Mapping
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry

from authserver.http.json_body import is_plain

MAX_KEYS = 50
MIN_RSA_BITS = 2048
MAX_RSA_BITS = 8192
_PUBLIC_KINDS = ("RSA", "EC", "OKP")
# RFC 7518, section 6; "k" is a symmetric key, which nobody but the client should know.
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"})
_FORM = "Expected a JWK Set: an object with a list of keys."
_PRIVATE = "Expected public keys only. Keys that were sent here in private are no longer safe."
_UNWRITABLE = "Expected keys without NUL, halves of letters and numbers of more than 64 bits."


class BadKeySetError(ValueError):
    """The keys may not be registered; its sentence says why."""


def check_key_set(value: Any) -> dict[str, Any]:
    """The JWK Set. Raises :class:`BadKeySetError`.

    Keys of a kind that we do not know are kept and ignored (RFC 7517, section 5).
    """
    keys = value.get("keys") if isinstance(value, dict) else None
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise BadKeySetError(_FORM)
    if not 1 <= len(keys) <= MAX_KEYS:
        raise BadKeySetError(f"Expected 1 to {MAX_KEYS} keys.")
    if not is_plain(keys):
        raise BadKeySetError(_UNWRITABLE)
    for number, key in enumerate(keys, start=1):
        if not _PRIVATE_MEMBERS.isdisjoint(key) or key.get("kty") == "oct":
            raise BadKeySetError(_PRIVATE)
        _check_key(number, key)
    return {"keys": keys}


def _check_key(number: int, key: Mapping[str, Any]) -> None:
    kind = key.get("kty")
    if not isinstance(kind, str):
        raise BadKeySetError(f"Number {number}: expected its kty.")
    if kind not in _PUBLIC_KINDS:
        return
    try:
        # Not before it is asked for is the key itself read.
        public = getattr(JWKRegistry.import_key(dict(key)), "public_key", None)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise BadKeySetError(f"Number {number}: expected a valid public key.") from error
    bits = getattr(public, "key_size", 0)
    if kind == "RSA" and not MIN_RSA_BITS <= bits <= MAX_RSA_BITS:
        raise BadKeySetError(
            f"Number {number}: expected an RSA key of {MIN_RSA_BITS} to {MAX_RSA_BITS} bits."
        )
