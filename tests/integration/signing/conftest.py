from collections.abc import Callable
from dataclasses import replace

import pytest

from authserver.actor import SYSTEM
from authserver.audit.repository import AuditRepository
from authserver.audit.service import AuditService
from authserver.clock import FrozenClock
from authserver.settings import Settings
from authserver.signing.keystores import AesGcmKeyStore
from authserver.signing.repository import SigningKeyRepository
from authserver.signing.rings import RingCache
from authserver.signing.schedule import KeyPolicy
from authserver.signing.service import SigningService
from authserver.storage.db import Database

MakeService = Callable[..., SigningService]


class ManualTime:
    """The monotonic time of the ring caches; it moves only when a test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def monotonic() -> ManualTime:
    return ManualTime()


@pytest.fixture
def make_service(database: Database, clock: FrozenClock, monotonic: ManualTime) -> MakeService:
    """Makes a service as each process has one; what is named replaces a part or a setting."""

    def make(
        database: Database = database,
        key_store: AesGcmKeyStore | None = None,
        keys: SigningKeyRepository | None = None,
        events: AuditRepository | None = None,
        **settings: object,
    ) -> SigningService:
        wishes: dict[str, object] = {
            "signing_algorithms": ["ES256"],
            "jwks_max_age": 300,
            "signing_key_retention": 86_400,
        }
        policy = KeyPolicy.of(
            replace(
                Settings(issuer="https://id.example", database_url="postgresql:///x"),
                **(wishes | settings),
            )
        )
        return SigningService(
            database=database,
            keys=keys or SigningKeyRepository(),
            audit=AuditService(database, events or AuditRepository(database.statements)),
            key_store=key_store or AesGcmKeyStore(bytes(32)),
            clock=clock,
            policy=policy,
            rings=RingCache(monotonic),
        )

    return make


@pytest.fixture
def signing(make_service: MakeService) -> SigningService:
    """The service of an installation after its bootstrap."""
    service = make_service()
    service.ensure_keys(SYSTEM)
    return service
