"""An installation that one release after the other works with."""

import secrets
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from authserver.bootstrap import bootstrap
from authserver.devservices.postgres import EmbeddedPostgres
from authserver.devservices.redis import EmbeddedValkey
from authserver.settings import Settings
from authserver.storage.db import Database
from authserver.storage.migrations import head_revision, migrate
from authserver.wiring import build
from tests.factories.clients import ClientFactory, TestClient
from tests.factories.users import UserFactory
from tests.support.releases import ROOT, USER, Release

Installation = dict[str, Any]


@pytest.fixture(scope="session")
def today() -> Release:
    return Release(ROOT, head_revision())


@pytest.fixture(scope="session")
def new_installation(
    postgres: EmbeddedPostgres, valkey: EmbeddedValkey, folder: Path
) -> Callable[[], Installation]:
    """Settings for an empty database. What each server says of itself in tokens is the same."""

    def make() -> Installation:
        name = f"upgrade_{secrets.token_hex(6)}"
        return {
            "issuer": "http://localhost:8000",
            "database_url": postgres.create_database(name),
            "redis_url": valkey.url,
            "keys_dir": folder / name,
        }

    return make


@pytest.fixture
def installation(new_installation: Callable[[], Installation]) -> Installation:
    return new_installation()


@pytest.fixture(scope="session")
def furnish_today() -> Callable[[Installation], TestClient]:
    """Make an empty database ready as today's release does, with USER in it; a client of it."""

    def furnish(installation: Installation) -> TestClient:
        migrate(installation["database_url"])
        services = build(Settings(**installation))
        with closing(services.get(Database)):
            bootstrap(services)
            UserFactory(services)(email=USER.email, password=USER.password)
            return ClientFactory(services)()

    return furnish
