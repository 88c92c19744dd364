"""What tests of clients in PostgreSQL share."""

import pytest

from authserver.audit.repository import AuditRepository
from authserver.audit.service import AuditService
from authserver.clients.api_permissions import ApiPermissions
from authserver.clients.members import Supported
from authserver.clients.repository import ClientRepository
from authserver.clients.secrets import ClientSecrets
from authserver.clients.sectors import SectorIdentifiers
from authserver.clients.service import ClientService
from authserver.http.outbound import OutboundFetcher
from authserver.http.outbound_policy import OutboundPolicy
from authserver.signing.keystores import AesGcmKeyStore
from authserver.storage.notices import LocalNotices


@pytest.fixture
def clients(database, clock) -> ClientService:
    return ClientService(
        database=database,
        clients=ClientRepository(database.statements),
        audit=AuditService(database, AuditRepository(database.statements)),
        notices=LocalNotices(),
        supported=Supported(("authorization_code", "password", "refresh_token"), ("ES256",)),
        api_permissions=ApiPermissions(frozenset()),
        secrets=ClientSecrets(AesGcmKeyStore(bytes(32)), clock),
        sectors=SectorIdentifiers(OutboundFetcher(OutboundPolicy())),
    )
