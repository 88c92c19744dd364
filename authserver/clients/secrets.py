"""The secrets of clients: made once, kept as digests, and sealed where they must be read again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from authserver.clients.metadata import Client
from authserver.clients.rules import flat, needs_plain_secret, needs_secret
from authserver.clock import Clock
from authserver.errors import Invalid, InvalidClientMetadata
from authserver.ids import digest, new_secret

DEFAULT_OVERLAP = 86_400
MAX_OVERLAP = 30 * 86_400


class SecretSealer(Protocol):
    """The part of the key store that is needed here."""

    def seal(self, plaintext: bytes, context: bytes) -> bytes: ...

    def open(self, sealed: bytes, context: bytes) -> bytes: ...

    def reseal(self, sealed: bytes, context: bytes) -> bytes | None: ...


@dataclass(frozen=True)
class RegisteredClient:
    """A client as it was made or changed, and its new secret, if it was given one."""

    client: Client
    secret: str | None = field(repr=False)


@dataclass(frozen=True)
class RotatedSecret:
    """A new secret, known now and never again, and when the one before it ends."""

    secret: str = field(repr=False)
    previous_expires_at: datetime | None


@dataclass(frozen=True)
class NewSecret:
    """A secret, known now and never again unless ``sealed`` keeps it."""

    text: str = field(repr=False)
    digest: bytes = field(repr=False)
    sealed: bytes | None = field(repr=False)


@dataclass(frozen=True)
class ClientSecrets:
    """Makes secrets, and reads those that were sealed (docs/adr/0011)."""

    sealer: SecretSealer
    clock: Clock

    def are_wanted(self, members: Mapping[str, Any]) -> bool:
        """Whether a client of these members has a secret at all."""
        return needs_secret(flat(members))

    def are_lacking(self, client: Client, members: Mapping[str, Any]) -> bool:
        """Whether the client needs another secret than it has to be what the members say."""
        kept = [secret for secret in client.secrets if secret.expires_at is None]
        if needs_plain_secret(flat(members)):
            kept = [secret for secret in kept if secret.sealed is not None]
        return self.are_wanted(members) and not kept

    def end_after(self, overlap: int) -> datetime | None:
        """When the present secret ends; None: at once. Raises :class:`Invalid`."""
        if not 0 <= overlap <= MAX_OVERLAP:
            raise Invalid(fields={"overlap": [f"Expected 0 to {MAX_OVERLAP} seconds."]})
        return self.clock.now() + timedelta(seconds=overlap) if overlap else None

    def make(self, client_id: str, members: Mapping[str, Any]) -> NewSecret | None:
        """A new secret for a client of these members, if such a client has any."""
        if not self.are_wanted(members):
            return None
        text = new_secret()
        sealed = None
        if needs_plain_secret(flat(members)):
            sealed = self.sealer.seal(text.encode(), _context(client_id))
        return NewSecret(text, digest(text), sealed)

    def read(self, client: Client) -> tuple[str, ...]:
        """The valid ones that were sealed, the newest first."""
        now = self.clock.now()
        return tuple(
            self.sealer.open(secret.sealed, _context(client.client_id)).decode()
            for secret in reversed(client.secrets)
            if secret.sealed is not None and secret.is_valid(now)
        )

    def reseal(self, client_id: str, sealed: bytes) -> bytes | None:
        """The same under the present key, None when it is already.

        Raises ValueError when it does not open.
        """
        return self.sealer.reseal(sealed, _context(client_id))


def nothing_to_rotate() -> InvalidClientMetadata:
    """What is said of a client without a secret that shall have another one."""
    sentence = "This client has no secret. Change its method of authentication."
    return InvalidClientMetadata(fields={"token_endpoint_auth_method": [sentence]})


def _context(client_id: str) -> bytes:
    """What a sealed secret is bound to: in the row of another client it does not open."""
    return b"client-secret|" + client_id.encode()
