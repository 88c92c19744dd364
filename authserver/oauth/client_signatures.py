"""JWTs that a client has signed: its assertions and its request objects (RFC 7519; RFC 8725).

What such a JWT says is read before its signature is known, because its client and its key are
found by it. Nothing of it counts until :meth:`ClientSignatures.check` has been passed, and no key
but those that the client registered is ever used: not one from a header (RFC 8725, section 3.10).
"""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from authserver.clients.algorithms import BY_CLIENT_KEY, BY_SECRET
from authserver.clients.keys import ClientKeys, PublicKey
from authserver.clients.metadata import Client
from authserver.clients.service import ClientService
from authserver.errors import Invalid
from authserver.http.json_body import load_json
from authserver.ids import read_base64url

# What a JWT says of itself (RFC 7519, section 4.1).
REGISTERED_CLAIMS = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti"})
# By so much the clock of a client may be ahead of ours (attacks CA-22 and KT-15).
LEEWAY = 30
_MAX_HEADER = 8192
_EDWARDS = frozenset({"EdDSA", "Ed25519"})


class BadJwtError(ValueError):
    """Not a JWT that this client may send here now; the reason is for the client's developer."""


@dataclass(frozen=True)
class PresentedJwt:
    """A JWT in compact form, taken apart and not yet believed."""

    text: str = field(repr=False)
    header: dict[str, Any]
    claims: dict[str, Any]

    @property
    def algorithm(self) -> str:
        return str(self.header["alg"])

    @property
    def is_signed(self) -> bool:
        return not self.text.endswith(".")

    def check_type(self, allowed: Collection[str]) -> None:
        """A JWT of one kind is never taken for another (RFC 8725, section 3.11)."""
        kind = self.header.get("typ")
        if kind is None:
            return
        if not isinstance(kind, str) or _short(kind) not in allowed:
            raise BadJwtError("its typ is another")

    def check_audience(self, allowed: Collection[str]) -> None:
        """One string, or a list that contains ours (RFC 7519, section 4.1.3)."""
        audience = self.claims.get("aud")
        named = audience if isinstance(audience, list) else [audience]
        if not any(isinstance(name, str) and name in allowed for name in named):
            raise BadJwtError("its aud does not name this server")

    def check_times(self, now: float) -> None:
        """RFC 7519, sections 4.1.4 to 4.1.6; what is not there is not checked."""
        end = self.moment("exp")
        if end is not None and end <= now:
            raise BadJwtError("it has expired")
        for name in ("nbf", "iat"):
            beginning = self.moment(name)
            if beginning is not None and beginning > now + LEEWAY:
                raise BadJwtError(f"its {name} lies in the future")

    def moment(self, name: str) -> float | None:
        """A NumericDate, or None when it is not there. Raises :class:`BadJwtError`."""
        value = self.claims.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadJwtError(f"its {name} is no number")
        if not 0 <= value < _END_OF_TIME:
            raise BadJwtError(f"its {name} is out of bounds")
        return math.floor(value)


# The year 9999, which is the last that a datetime has.
_END_OF_TIME = 253_402_300_800


def read_jwt(text: str, max_length: int) -> PresentedJwt:
    """The JWT. Raises :class:`BadJwtError` for what is none, is encrypted, or is too long."""
    if len(text) > max_length or not text.isascii():
        raise BadJwtError("it is too long, or no ASCII")
    segments = text.split(".")
    if len(segments) == 5:
        raise BadJwtError("it is encrypted, which is not supported")
    if len(segments) != 3:
        raise BadJwtError("it is no JWT of three parts")
    header = _object(segments[0])
    if not isinstance(header.get("alg"), str):
        raise BadJwtError("its header names no alg")
    if "crit" in header or "b64" in header:
        # RFC 7515, section 4.1.11: nothing that must be understood is understood here.
        raise BadJwtError("its header has a critical extension")
    return PresentedJwt(text, header, _object(segments[1]))


@dataclass(frozen=True)
class ClientSignatures:
    """Proves that a JWT is a client's own."""

    clients: ClientService
    keys: ClientKeys

    def check(self, client: Client, jwt: PresentedJwt, registered: str | None) -> None:
        """Raises :class:`BadJwtError` unless the client signed it.

        ``registered`` is the algorithm to which the client has bound itself, if it has. Calls the
        client's server where its keys are there: do not hold a transaction. Raises
        :class:`Unavailable` when too many wait for such an answer.
        """
        alg = jwt.algorithm
        if registered is not None and not _is_same(alg, registered):
            raise BadJwtError("its alg is not the registered one")
        if alg in BY_SECRET:
            # The secret of a client, and never a key that somebody else may know (CVE-2024-37568).
            secrets = self.clients.plain_secrets(client)
            found = _verifies(jwt, (OctKey.import_key(secret) for secret in secrets))
        elif alg in BY_CLIENT_KEY:
            found = self._is_by_key(client, jwt)
        else:
            raise BadJwtError("its alg is not supported")
        if not found:
            raise BadJwtError("its signature is not by a key of the client")

    def _is_by_key(self, client: Client, jwt: PresentedJwt) -> bool:
        """With the keys that we know, or else with those that are published by now."""
        kid = jwt.header.get("kid")
        if kid is not None and not isinstance(kid, str):
            raise BadJwtError("its kid is no string")
        attempts = self.keys.attempts(client, kid=kid, alg=jwt.algorithm)
        return any(_verifies(jwt, keys) for keys in attempts)


def _verifies(jwt: PresentedJwt, keys: Iterable[PublicKey | OctKey]) -> bool:
    return any(is_signed_by(jwt, key) for key in keys)


def is_signed_by(jwt: PresentedJwt, key: PublicKey | OctKey) -> bool:
    """Whether the signature is by this key, under the ``alg`` that the JWT names."""
    # Header parameters that nobody knows are ignored (RFC 7515, section 4).
    registry = jws.JWSRegistry(algorithms=[jwt.algorithm], strict_check_header=False)
    registry.max_header_length = _MAX_HEADER
    try:
        jws.deserialize_compact(jwt.text, key, registry=registry)
    except (JoseError, ValueError, TypeError):
        return False
    return True


def _is_same(alg: str, registered: str) -> bool:
    return alg == registered or {alg, registered} == _EDWARDS


def _short(kind: str) -> str:
    """A media type without what may be left out, in one case (RFC 7515, section 4.1.9)."""
    return kind.lower().removeprefix("application/")


def _object(segment: str) -> dict[str, Any]:
    """The object that a segment holds, each name once (RFC 7519, section 4)."""
    try:
        value = load_json(read_base64url(segment))
    except (ValueError, Invalid) as error:
        raise BadJwtError("it is no JSON in base64url") from error
    if not isinstance(value, dict):
        raise BadJwtError("it holds no JSON object")
    return value
