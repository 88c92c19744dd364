"""Secrets that rest sealed, because their clients need them to be read (docs/adr/0011)."""

from dataclasses import dataclass
from typing import NamedTuple

from authserver.clients.models import ClientSecret
from authserver.clients.repository import ClientRepository
from authserver.clients.secrets import ClientSecrets
from authserver.storage.db import Database


class ResealedSecrets(NamedTuple):
    """How many secrets were sealed anew, and whose do not open at all."""

    number: int
    unreadable: frozenset[str]


@dataclass(frozen=True)
class ReadableSecrets:
    """All of them, whoever's they are."""

    database: Database
    clients: ClientRepository
    secrets: ClientSecrets

    def reseal(self, batch: int = 500) -> ResealedSecrets:
        """Seal them under the present key-encryption key, one at a time: nobody waits for it."""
        number, unreadable, last = 0, set[str](), None
        while True:
            with self.database.transaction() as tx:
                page = self.clients.sealed_secrets(tx, last, batch)
            for secret in page:
                try:
                    number += self._reseal(secret)
                except ValueError:
                    unreadable.add(secret.client_id)
                last = secret.id
            if len(page) < batch:
                return ResealedSecrets(number, frozenset(unreadable))

    def _reseal(self, secret: ClientSecret) -> bool:
        """Whether it was under another key. Raises ValueError when it does not open."""
        sealed = self.secrets.reseal(secret.client_id, secret.sealed or b"")
        if sealed is None:
            return False
        with self.database.transaction() as tx:
            return self.clients.reseal_secret(tx, secret, sealed)
