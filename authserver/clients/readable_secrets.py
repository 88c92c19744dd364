"""Secrets that rest sealed, because their clients need them to be read (docs/adr/0011)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol
from uuid import UUID

from authserver.clients.models import ClientSecret
from authserver.clients.secrets import ClientSecrets
from authserver.storage.db import Database, Transaction


class Resealed(NamedTuple):
    """How many secrets were sealed anew, and whose do not open at all."""

    number: int
    unreadable: frozenset[str]


class SealedSecrets(Protocol):
    """The part of the repository that is needed here."""

    def sealed_secrets(
        self, tx: Transaction, after: UUID | None, limit: int
    ) -> Sequence[ClientSecret]: ...


@dataclass(frozen=True)
class ReadableSecrets:
    """All of them, whoever's they are."""

    database: Database
    stored: SealedSecrets
    secrets: ClientSecrets

    def reseal(self, batch: int = 500) -> Resealed:
        """Seal them under the present key-encryption key; each batch commits by itself."""
        number, unreadable, last = 0, set[str](), None
        while True:
            with self.database.transaction() as tx:
                page = self.stored.sealed_secrets(tx, last, batch)
                for secret in page:
                    try:
                        number += self._reseal(secret)
                    except ValueError:
                        unreadable.add(secret.client_id)
                last = page[-1].id if page else last
            if len(page) < batch:
                return Resealed(number, frozenset(unreadable))

    def _reseal(self, secret: ClientSecret) -> bool:
        """Whether it was under another key. Raises ValueError when it does not open."""
        sealed = self.secrets.reseal(secret.client_id, secret.sealed or b"")
        if sealed is not None:
            secret.sealed = sealed
        return sealed is not None
