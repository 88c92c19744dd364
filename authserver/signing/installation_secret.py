"""The secret of the installation: what is derived from it must outlive every key.

Pairwise subjects and the seals of the audit record would be worth nothing after the exchange of the
key that they hang on. So they hang on a secret that never changes, which rests in PostgreSQL,
sealed as the private keys are.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache

from authserver.actor import Actor
from authserver.audit.events import Event
from authserver.audit.service import AuditService
from authserver.signing.keys import SigningKeysError
from authserver.signing.keystores import KeyStore, KeyStoreError, derive_key
from authserver.signing.repository import InstallationSecretRepository
from authserver.storage.db import Database, Transaction

_BYTES = 32
_CONTEXT = b"installation secret"
# What the migration says of an installation that was there already: until then, everything was
# derived from the key-encryption key itself, and so it stays.
_FORMER = b""


class _Memory:
    """What a process has read once."""

    secret: bytes | None = None


@dataclass(frozen=True)
class InstallationSecret:
    """Read when it is needed for the first time, and kept by the process from then on."""

    database: Database
    stored: InstallationSecretRepository
    audit: AuditService
    key_store: KeyStore
    _memory: _Memory = field(default_factory=_Memory, repr=False)

    def derive(self, purpose: bytes) -> Callable[[], bytes]:
        """How to have 32 bytes for a purpose; what is raised then is that of :meth:`read`."""

        @cache
        def derived() -> bytes:
            return derive_key(self.read(), purpose)

        return derived

    def read(self) -> bytes:
        """32 bytes.

        Raises :class:`SigningKeysError` when there are none, :class:`KeyStoreError` when they do
        not open, and Unavailable when PostgreSQL does not answer.
        """
        if self._memory.secret is None:
            sealed = self.stored.read(self.database)
            if sealed is None:
                raise SigningKeysError(
                    "There is no installation secret in the database (AUTHSERVER_DATABASE_URL). "
                    "Restore the table installation_secrets from your backup; for a new "
                    "installation run `authserver bootstrap`."
                )
            self._memory.secret = self._open(sealed)
        return self._memory.secret

    def ensure(self, actor: Actor) -> None:
        """Make the secret unless there is one. The keys must be known to be the right ones.

        Raises :class:`KeyStoreError`.
        """
        with self.database.transaction() as tx:
            if self.stored.add(tx, self._new()):
                self._record(tx, actor)
            elif self.stored.lock(tx) == _FORMER:
                self.stored.replace(tx, self._seal(self.key_store.only_key()))

    def replace_lost(self, actor: Actor) -> bool:
        """Make another secret in the place of one that does not open; whether there was one.

        What hung on that one is lost: everybody has another pairwise subject, and the seals of the
        audit record of before are not recognised.
        """
        with self.database.transaction() as tx:
            sealed = self.stored.lock(tx)
            if sealed in {None, _FORMER} or self._opens(sealed):
                return False
            self.stored.replace(tx, self._new())
            self._record(tx, actor)
        return True

    def reseal(self) -> int:
        """Seal the secret under the present key-encryption key; 1 if it was under another one.

        Raises :class:`KeyStoreError` when it does not open.
        """
        with self.database.transaction() as tx:
            sealed = self.stored.lock(tx)
            resealed = None if sealed is None else self._reseal(sealed)
            if resealed is None:
                return 0
            self.stored.replace(tx, resealed)
        return 1

    def _new(self) -> bytes:
        return self._seal(secrets.token_bytes(_BYTES))

    def _seal(self, secret: bytes) -> bytes:
        return self.key_store.seal(secret, _CONTEXT)

    def _reseal(self, sealed: bytes) -> bytes | None:
        if sealed == _FORMER:
            return self._seal(self.key_store.only_key())
        with _explained():
            return self.key_store.reseal(sealed, _CONTEXT)

    def _open(self, sealed: bytes) -> bytes:
        if sealed == _FORMER:
            return self.key_store.only_key()
        with _explained():
            return self.key_store.open(sealed, _CONTEXT)

    def _opens(self, sealed: bytes) -> bool:
        try:
            self._open(sealed)
        except KeyStoreError:
            return False
        return True

    def _record(self, tx: Transaction, actor: Actor) -> None:
        self.audit.record(tx, Event.INSTALLATION_SECRET_CREATED, actor)


@contextmanager
def _explained() -> Iterator[None]:
    """Say what it is that does not open, and what to do about it."""
    try:
        yield
    except KeyStoreError as error:
        raise KeyStoreError(
            "The installation secret does not open: either the key-encryption key is not the one "
            "that sealed it, or its row is damaged. Give the former key by "
            "AUTHSERVER_KEY_ENCRYPTION_KEY, or as the file key_encryption_key in the folder "
            "AUTHSERVER_KEYS_DIR, or restore the table installation_secrets from your backup."
        ) from error
