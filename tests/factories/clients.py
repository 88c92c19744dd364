"""Clients as tests want them."""

import secrets
from dataclasses import dataclass
from typing import Any

from authserver.actor import SYSTEM
from authserver.clients.service import ClientService
from authserver.wiring import Services

AUDIENCE = "https://api.example.com"
ALL_SCOPES = "openid profile email offline_access"


@dataclass(frozen=True)
class TestClient:
    """A client, and its secret that only a test knows; None for a public one."""

    __test__ = False

    client_id: str
    secret: str | None


class ClientFactory:
    """``make_client(scope="openid", ...)`` by the names of RFC 7591; the rest is made up."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def __call__(self, client_id: str | None = None, **metadata: Any) -> TestClient:
        values: dict[str, Any] = {
            "client_name": "A relying party",
            "grant_types": ["password", "refresh_token", "client_credentials"],
            "scope": ALL_SCOPES,
            "token_endpoint_auth_method": "client_secret_basic",
            "audience": [AUDIENCE],
        }
        created = self._services.get(ClientService).create(
            SYSTEM, values | metadata, client_id or f"client-{secrets.token_hex(6)}"
        )
        return TestClient(created.client.client_id, created.secret)
