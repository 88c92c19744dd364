"""Software statements: what a publisher vouches for in a registration (RFC 7591, section 2.3)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey

from authserver.clients.algorithms import BY_CLIENT_KEY
from authserver.clients.key_sets import BadKeySetError, check_key_set
from authserver.clock import Clock
from authserver.environment import SettingsError
from authserver.errors import InvalidSoftwareStatement, UnapprovedSoftwareStatement
from authserver.oauth.client_signatures import (
    REGISTERED_CLAIMS,
    BadJwtError,
    PresentedJwt,
    is_signed_by,
    read_jwt,
)

MAX_LENGTH = 32_768
# What is not of the client: what the statement says of itself, and another statement.
_NOT_OF_THE_CLIENT = REGISTERED_CLAIMS | {"software_statement"}
_SETTING = "AUTHSERVER_SOFTWARE_STATEMENT_JWKS"


@dataclass(frozen=True)
class Publisher:
    """A key that is trusted, for statements of one ``iss`` if the key names one."""

    key: RSAKey | ECKey | OKPKey
    issuer: str | None


@dataclass(frozen=True)
class SoftwareStatements:
    """Believes the publishers whom the operator trusts, and nobody else."""

    publishers: tuple[Publisher, ...]
    clock: Clock

    @classmethod
    def of_file(cls, path: str, clock: Clock) -> "SoftwareStatements":
        """Without a file none is believed. Raises :class:`SettingsError`."""
        return cls(_publishers(path) if path else (), clock)

    def apply(self, metadata: Mapping[str, Any]) -> dict[str, Any]:
        """The metadata; what the statement says of the client wins over what the client says.

        A server that trusts nobody ignores statements (section 3.1.1). Raises
        :class:`InvalidSoftwareStatement` and :class:`UnapprovedSoftwareStatement`.
        """
        asked = dict(metadata)
        statement = asked.pop("software_statement", None)
        if statement is None or not self.publishers:
            return asked
        if not isinstance(statement, str):
            raise InvalidSoftwareStatement
        claims = self._claims(statement)
        return asked | {name: claims[name] for name in claims.keys() - _NOT_OF_THE_CLIENT}

    def _claims(self, statement: str) -> dict[str, Any]:
        try:
            jwt = read_jwt(statement, MAX_LENGTH)
            jwt.check_times(self.clock.now().timestamp())
        except BadJwtError as error:
            raise InvalidSoftwareStatement(hint=f"It cannot be used: {error}.") from error
        issuer = jwt.claims.get("iss")
        if not isinstance(issuer, str) or jwt.algorithm not in BY_CLIENT_KEY:
            raise InvalidSoftwareStatement(hint="Expected an iss, and a signature by a key.")
        if not self._is_trusted(jwt, issuer):
            raise UnapprovedSoftwareStatement
        return jwt.claims

    def _is_trusted(self, jwt: PresentedJwt, issuer: str) -> bool:
        return any(
            publisher.issuer in (None, issuer) and is_signed_by(jwt, publisher.key)
            for publisher in self.publishers
        )


def _publishers(path: str) -> tuple[Publisher, ...]:
    try:
        keys = check_key_set(json.loads(Path(path).read_bytes()))["keys"]
        return tuple(_publisher(key) for key in keys)
    except (OSError, ValueError, BadKeySetError, JoseError) as error:
        sentence = "Expected the path of a file with a JWK Set of public keys."
        raise SettingsError({_SETTING: [sentence]}) from error


def _publisher(members: Mapping[str, Any]) -> Publisher:
    key = JWKRegistry.import_key(dict(members))
    issuer = members.get("iss")
    if not isinstance(key, RSAKey | ECKey | OKPKey) or not isinstance(issuer, str | None):
        raise BadKeySetError("Expected a key for signatures.")
    return Publisher(key, issuer)
