"""JWTs that we make for one client: signed, then encrypted, as it registered.

OpenID Connect Core 1.0, section 10. Those that a client makes for us are read by
``oauth.client_signatures``.
"""

from dataclasses import dataclass
from typing import Any

import orjson
from joserfc import jws
from joserfc.jwk import OctKey

from authserver.clients.algorithms import DEFAULT_CONTENT_ENCRYPTION, UNSIGNED
from authserver.clients.keys import ClientKeys
from authserver.clients.metadata import Client
from authserver.clients.service import ClientService
from authserver.errors import Invalid
from authserver.ids import base64url
from authserver.signing.keys import LoadedKey
from authserver.signing.service import SigningService
from authserver.tokens.encryption import encrypt
from authserver.tokens.jwt import sign

# By the client's secret, and by nobody (RFC 7518, section 3.1).
HS256 = "HS256"
# OpenID Connect Registration 1.0, section 2, for ID tokens.
DEFAULT_SIGNING = "RS256"
_UNREADABLE = (
    "No secret of this client can sign, because they were made before the client wanted HS256. "
    "Rotate the client's secret."
)


@dataclass(frozen=True, slots=True)
class Protection:
    """How a JWT is to be signed and encrypted; None for what is not wanted.

    ``binding`` is whether the client has registered the algorithm of the signature: then no other
    will do, for the client refuses what is signed by another.
    """

    signing: str | None
    encryption: str | None
    encoding: str | None
    binding: bool = True

    @classmethod
    def of_id_token(cls, client: Client) -> "Protection":
        return cls(
            client.id_token_signed_response_alg or DEFAULT_SIGNING,
            client.id_token_encrypted_response_alg,
            client.id_token_encrypted_response_enc,
            binding="id_token_signed_response_alg" in client.metadata,
        )

    @classmethod
    def of_userinfo(cls, client: Client) -> "Protection":
        return cls(
            client.userinfo_signed_response_alg,
            client.userinfo_encrypted_response_alg,
            client.userinfo_encrypted_response_enc,
        )


@dataclass(frozen=True)
class ClientJwts:
    """Makes what only one client has to understand."""

    signing: SigningService
    clients: ClientService
    keys: ClientKeys

    def check(self, client: Client, protection: Protection) -> None:
        """Whether such a JWT can be made; asked before anything is used up that was to be in it.

        Raises :class:`Unavailable` while the algorithm has no key, Invalid when the client has no
        secret to sign with, and as :meth:`ClientKeys.encryption_key` does.
        """
        self.algorithm(protection)
        if protection.signing == HS256:
            self._secret(client)
        if protection.encryption is not None:
            self.keys.encryption_key(client, protection.encryption)

    def algorithm(self, protection: Protection) -> str | None:
        """By which algorithm it is signed now. Raises :class:`Unavailable`."""
        if protection.signing in (None, UNSIGNED, HS256):
            return protection.signing
        return self._key(protection).algorithm

    def make(
        self, client: Client, kind: str, claims: dict[str, Any], protection: Protection
    ) -> str:
        """The JWT of the type ``kind``. Raises as :meth:`check` does."""
        signed = self._signed(client, kind, claims, protection)
        algorithm = protection.encryption
        if algorithm is None:
            return signed or orjson.dumps(claims).decode()
        key = self.keys.encryption_key(client, algorithm)
        content = signed.encode() if signed else orjson.dumps(claims)
        encoding = protection.encoding or DEFAULT_CONTENT_ENCRYPTION
        return encrypt(key, algorithm, encoding, content, nested=signed is not None)

    def _signed(
        self, client: Client, kind: str, claims: dict[str, Any], protection: Protection
    ) -> str | None:
        if protection.signing is None:
            return None
        if protection.signing == UNSIGNED:
            return _unsigned(kind, claims)
        if protection.signing == HS256:
            return _by_secret(self._secret(client), kind, claims)
        return sign(self._key(protection), kind, claims)

    def _key(self, protection: Protection) -> LoadedKey:
        """Exactly what was registered, however long that takes; RS256 if possible otherwise.

        An algorithm that the operator has just added has a key that may not sign yet.
        """
        algorithm = protection.signing or DEFAULT_SIGNING
        if protection.binding:
            return self.signing.signing_key(algorithm)
        return self.signing.best_signing_key(algorithm)

    def _secret(self, client: Client) -> str:
        """The newest secret that this server can still read."""
        secrets = self.clients.plain_secrets(client)
        if not secrets:
            raise Invalid(hint=_UNREADABLE)
        return secrets[0]


def _by_secret(secret: str, kind: str, claims: dict[str, Any]) -> str:
    """Under the octets of the secret (OpenID Connect Core 1.0, section 10.1)."""
    header = {"alg": HS256, "typ": kind}
    return jws.serialize_compact(
        header, orjson.dumps(claims), OctKey.import_key(secret), algorithms=[HS256]
    )


def _unsigned(kind: str, claims: dict[str, Any]) -> str:
    """An unsecured JWS (RFC 7515, appendix A.5), for clients that took it from us over TLS."""
    parts = (orjson.dumps({"alg": UNSIGNED, "typ": kind}), orjson.dumps(claims))
    return ".".join((*map(base64url, parts), ""))
