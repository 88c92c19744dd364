"""The exchange of the key-encryption key: all that it sealed is sealed by another one."""

from dataclasses import asdict, dataclass

from authserver.actor import Actor
from authserver.audit.events import Event
from authserver.audit.service import AuditService
from authserver.clients.readable_secrets import ReadableSecrets
from authserver.signing.installation_secret import InstallationSecret
from authserver.signing.service import SigningService
from authserver.wiring import Services


@dataclass(frozen=True)
class Resealed:
    """What was sealed anew, and the clients whose secret no key opens any more."""

    installation_secrets: int
    signing_keys: int
    client_secrets: int
    unreadable_clients: tuple[str, ...]

    @property
    def total(self) -> int:
        return self.installation_secrets + self.signing_keys + self.client_secrets


def reseal(services: Services, actor: Actor) -> Resealed:
    """Seal everything under the present key-encryption key, wherever it was under a further one.

    Whoever is interrupted does it once more. Raises :class:`KeyStoreError` when a signing key or
    the installation secret opens with none of the keys, and Unavailable.
    """
    installation_secrets = services.get(InstallationSecret).reseal()
    signing_keys = services.get(SigningService).reseal()
    secrets = services.get(ReadableSecrets).reseal()
    done = Resealed(
        installation_secrets, signing_keys, secrets.number, tuple(sorted(secrets.unreadable))
    )
    if done.total:
        services.get(AuditService).record_alone(
            Event.KEY_ENCRYPTION_KEY_EXCHANGED, actor, detail=asdict(done)
        )
    return done
