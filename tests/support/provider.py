"""An OpenID Provider on a port of its own, with everything that applications may ask for.

Clients of others and the conformance tests share it: ``authserver serve`` as in production, where
clients may register themselves, and where response types and algorithms that are off by default
are on.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from authserver.cli.job_worker import work_once
from authserver.devservices.postgres import EmbeddedPostgres
from authserver.devservices.redis import EmbeddedValkey
from authserver.settings import Settings
from authserver.storage.db import Database
from authserver.users.models import User
from authserver.wiring import Services
from tests.factories.clients import ClientFactory, TestClient
from tests.factories.users import TestUser, UserFactory
from tests.support.browser import Browser
from tests.support.live_server import LiveServer, running_server

SETTINGS: dict[str, Any] = {
    "client_registration": "open",
    "client_registration_limit": "100000/hour",
    "front_channel_response_types": True,
    "unsigned_id_tokens": True,
    "outbound_allowed_hosts": ["127.0.0.1", "localhost"],
    "login_limit": "100000/minute",
    "token_limit": "100000/minute",
    "account_limit": "100000/minute",
    "lockout_threshold": 1000,
    "password_hash_memory": 7168,
    "password_hash_iterations": 1,
}
# What a person may have told of themselves (OpenID Connect Core 1.0, section 5.1).
PROFILE: dict[str, Any] = {
    "given_name": "Una",
    "family_name": "Example",
    "middle_name": "Maria",
    "nickname": "Uni",
    "preferred_username": "una",
    "profile": "https://people.example.com/una",
    "picture": "https://people.example.com/una.png",
    "website": "https://una.example.com",
    "gender": "female",
    "birthdate": "1990-02-28",
    "zoneinfo": "Europe/Berlin",
    "locale": "de-DE",
    "phone_number": "+49301234567",
    "phone_number_verified": True,
    "address": {
        "formatted": "Some Street 1\n10115 Berlin\nGermany",
        "street_address": "Some Street 1",
        "locality": "Berlin",
        "postal_code": "10115",
        "country": "Germany",
    },
}


@dataclass(frozen=True)
class Provider:
    """The server, its services, and what a test needs of it: people, clients, browsers."""

    server: LiveServer
    services: Services

    @property
    def issuer(self) -> str:
        return self.server.base

    @property
    def discovery(self) -> str:
        return f"{self.issuer}/.well-known/openid-configuration"

    def make_user(self, **values: Any) -> TestUser:
        """Somebody who has told everything that there is a claim for."""
        user = UserFactory(self.services)(**values)
        with self.services.get(Database).transaction() as tx:
            row = tx.get(User, user.id)
            assert row is not None
            row.profile = PROFILE
        return user

    def make_client(self, redirect_uri: str, **metadata: Any) -> TestClient:
        values = {
            "grant_types": ["authorization_code", "refresh_token"],
            "redirect_uris": [redirect_uri],
            "scope": "openid profile email address phone offline_access",
        }
        return ClientFactory(self.services)(**(values | metadata))

    def browser(self, *more: str, **options: Any) -> Browser:
        """One that nobody has used before; ``more`` are the places of applications."""
        return Browser(self.issuer, *more, **options)

    def forget_caches(self) -> None:
        """What a test changed behind the back of the server counts at once."""
        with Redis.from_url(self.server.settings_env["redis_url"]) as redis:
            redis.flushall()

    def do_jobs(self) -> None:
        """What ``authserver worker`` would do now, in a thread without an event loop."""
        with ThreadPoolExecutor(1) as thread:
            thread.submit(work_once, Settings(**self.server.settings_env)).result()


@pytest.fixture(scope="session")
def provider(
    folder: Path, postgres: EmbeddedPostgres, valkey: EmbeddedValkey
) -> Iterator[Provider]:
    with running_server(folder, postgres, valkey, **SETTINGS) as (server, services):
        yield Provider(server, services)
