"""The making of keys, and their opening again."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from authserver.ids import new_secret
from authserver.signing.keys import KeyRecord, LoadedKey, PrivateKey, SigningKeysError
from authserver.signing.keystores import KeyStore, KeyStoreError
from authserver.signing.schedule import TOKEN, Slot, Vacancy

_RSA_BITS = 2048
_SECRET_BITS = 256
_KINDS: dict[str, type[PrivateKey]] = {
    "ES256": ECKey,
    "RS256": RSAKey,
    "PS256": RSAKey,
    "Ed25519": OKPKey,
    # The older name of the same algorithm (RFC 9864, section 2.2), for clients that know no other.
    "EdDSA": OKPKey,
    "HS256": OctKey,
}


@dataclass(frozen=True)
class KeyMaker:
    """Makes keys and opens them, under one key store."""

    key_store: KeyStore

    def make(self, vacancy: Vacancy, now: datetime) -> KeyRecord:
        """A new key for a vacancy. RSA takes a tenth of a second: hold no lock meanwhile."""
        slot = vacancy.slot
        private = _generate(slot.algorithm)
        kid = _kid(slot, private)
        return KeyRecord(
            kid=kid,
            purpose=slot.purpose,
            algorithm=slot.algorithm,
            sealed=self.key_store.seal(_to_bytes(private), _context(slot, kid)),
            public_jwk=_public_jwk(slot, _named(private, slot, kid)),
            created_at=now,
            usable_from=vacancy.usable_from,
            activated_at=vacancy.activated_at,
            expires_at=None,
        )

    def open(self, record: KeyRecord) -> LoadedKey:
        """The key of a record. Raises :class:`SigningKeysError` when it is not what it says."""
        private = self._private(record)
        public_jwk = _public_jwk(record.slot, private)
        # A published key that does not belong to the private one would fail every token (KT-07).
        if public_jwk != record.public_jwk:
            raise SigningKeysError(
                f"The public part of the signing key {record.kid} does not belong to its private "
                "part: the table signing_keys was altered. Restore it from your backup, "
                "or delete that row and run `authserver bootstrap`."
            )
        return LoadedKey(
            kid=record.kid,
            purpose=record.purpose,
            algorithm=record.algorithm,
            private=private,
            public_jwk=public_jwk,
            usable_from=record.usable_from,
            activated_at=record.activated_at,
            expires_at=record.expires_at,
        )

    def reseal(self, record: KeyRecord) -> bytes | None:
        """The private part under the present key-encryption key; None when it is already.

        Raises :class:`KeyStoreError` when it does not open.
        """
        with _opening(record):
            return self.key_store.reseal(record.sealed, _context(record.slot, record.kid))

    def _private(self, record: KeyRecord) -> PrivateKey:
        with _opening(record):
            plain = self.key_store.open(record.sealed, _context(record.slot, record.kid))
        try:
            return _from_bytes(plain, record.slot, record.kid)
        except (ValueError, TypeError, KeyError, JoseError) as error:
            raise SigningKeysError(
                f"The signing key {record.kid} is no key for {record.algorithm}. Restore the "
                "table signing_keys from your backup."
            ) from error


@contextmanager
def _opening(record: KeyRecord) -> Iterator[None]:
    """Say which key it is that does not open, and what to do about it."""
    try:
        yield
    except KeyStoreError as error:
        raise KeyStoreError(
            f"The signing key {record.kid} ({record.algorithm}) does not open: either the "
            "key-encryption key is not the one that sealed it, or its row is damaged. Give "
            "the former key by AUTHSERVER_KEY_ENCRYPTION_KEY, or as the file "
            "key_encryption_key in the folder AUTHSERVER_KEYS_DIR, or restore the table "
            "signing_keys from your backup."
        ) from error


def _context(slot: Slot, kid: str) -> bytes:
    """What a sealed key is bound to: in the row of another key it does not open."""
    return f"{slot.purpose}|{slot.algorithm}|{kid}".encode()


def _generate(algorithm: str) -> PrivateKey:
    kind = _KINDS[algorithm]
    if kind is RSAKey:
        return RSAKey.generate_key(_RSA_BITS)
    if kind is OKPKey:
        return OKPKey.generate_key("Ed25519")
    return ECKey.generate_key("P-256") if kind is ECKey else OctKey.generate_key(_SECRET_BITS)


def _kid(slot: Slot, private: PrivateKey) -> str:
    """The thumbprint of RFC 7638; of a secret not even its digest becomes known."""
    return private.thumbprint() if slot.purpose == TOKEN else new_secret()


def _named(private: PrivateKey, slot: Slot, kid: str) -> PrivateKey:
    """The same key with its id, use and algorithm, all other members made from the key itself."""
    return _from_bytes(_to_bytes(private), slot, kid)


def _to_bytes(private: PrivateKey) -> bytes:
    if isinstance(private, OctKey):
        return private.raw_value
    key = private.private_key
    if key is None:
        raise TypeError("expected a private key")
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _from_bytes(plain: bytes, slot: Slot, kid: str) -> PrivateKey:
    kind = _KINDS[slot.algorithm]
    value: Any = plain if kind is OctKey else load_der_private_key(plain, password=None)
    return kind.import_key(value, {"kid": kid, "use": "sig", "alg": slot.algorithm})


def _public_jwk(slot: Slot, private: PrivateKey) -> dict[str, Any] | None:
    return dict(private.as_dict(private=False)) if slot.purpose == TOKEN else None
