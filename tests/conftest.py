"""The embedded servers once, and on them an application as it is in production.

Real PostgreSQL, real Valkey, real commits: what a test leaves is deleted after it, in the order of
the foreign keys. ``database`` is an empty one for tests of a single room; ``services``, ``app`` and
``client`` share another one that has been bootstrapped.
"""

import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy import text

from authserver.app import create_app
from authserver.bootstrap import bootstrap
from authserver.clock import Clock, FrozenClock
from authserver.devservices.postgres import EmbeddedPostgres
from authserver.devservices.redis import EmbeddedValkey
from authserver.observability.access_log import write_lines_to
from authserver.settings import Settings
from authserver.storage.base import Base
from authserver.storage.db import Database, open_database
from authserver.storage.migrations import migrate
from authserver.wiring import Services, build
from tests.factories.clients import ClientFactory
from tests.factories.users import UserFactory
from tests.support.authorizations import (  # noqa: F401 - fixtures
    authorizations,
    flow,
    front_channel_authorizations,
    hybrid,
)
from tests.support.internet import internet  # noqa: F401 - a fixture
from tests.support.live_server import live_server, make_live_server  # noqa: F401 - fixtures
from tests.support.provider import provider  # noqa: F401 - a fixture
from tests.support.registrations import open_server, registrar  # noqa: F401 - fixtures
from tests.support.relying_party import RelyingParty, bearer

ISSUER = "http://localhost:8000"
# What bootstrap made stays; the rest of each table goes.
_KEPT = {
    "roles": "built_in",
    "clients": "built_in",
    "signing_keys": "true",
    "installation_secrets": "true",
}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "attack(*ids): the rows of attacks.tsv that this test tries")


@pytest.fixture(scope="session", autouse=True)
def no_settings_from_outside() -> None:
    """A developer's own settings must not decide about a test."""
    for name in [name for name in os.environ if name.startswith("AUTHSERVER_")]:
        del os.environ[name]


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """Logging is the process's own: whoever configures it, as each command does, gives it back.

    Loggers keep what was configured when they were first used, and would be deaf to later tests.
    """
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    if structlog.is_configured():
        root.handlers, root.level = handlers, level
        write_lines_to(None)
        structlog.reset_defaults()
        for name, module in list(sys.modules.items()):
            if name.startswith("authserver.") and hasattr(module, "log"):
                vars(module.log).pop("bind", None)


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A short path: sockets may not have a long one."""
    path = Path(tempfile.mkdtemp(prefix="authserver-tests-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres(folder: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(folder, durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def valkey(folder: Path) -> Iterator[EmbeddedValkey]:
    with EmbeddedValkey(folder) as server:
        yield server


@pytest.fixture(scope="session")
def make_settings(
    folder: Path, postgres: EmbeddedPostgres, valkey: EmbeddedValkey
) -> Callable[..., Settings]:
    """Settings for the bootstrapped database; what a test does not say has a generous limit."""
    url = postgres.create_database("application")
    migrate(url)

    def make(**overrides: object) -> Settings:
        values = {
            "issuer": ISSUER,
            "database_url": url,
            "redis_url": valkey.url,
            "keys_dir": folder / "keys",
            "login_limit": "100000/minute",
            "registration_limit": "100000/minute",
            "token_limit": "100000/minute",
            "account_limit": "100000/minute",
            "lockout_threshold": 1000,
            # Below what a server accepts: a hash costs a tenth of a millisecond.
            "password_hash_memory": 64,
            "password_hash_iterations": 1,
            "threads": 128,
        }
        return Settings(**(values | overrides))

    return make


@pytest.fixture(scope="session")
def settings(make_settings: Callable[..., Settings]) -> Settings:
    return make_settings()


@pytest.fixture(scope="session")
def wired(settings: Settings) -> Iterator[Services]:
    services = build(settings)
    bootstrap(services)
    yield services
    services.get(Database).close()


@pytest.fixture
def services(wired: Services, valkey: EmbeddedValkey) -> Iterator[Services]:
    """The object graph over the bootstrapped database."""
    yield wired
    _empty(wired.get(Database), _KEPT)
    _flush(valkey)


@pytest.fixture(scope="session")
def application(settings: Settings, wired: Services) -> Flask:
    return create_app(settings, wired)


@pytest.fixture
def app(application: Flask, services: Services) -> Flask:
    return application


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """An HTTP client through the whole WSGI application."""
    return app.test_client()


@pytest.fixture
def make_app(
    make_settings: Callable[..., Settings], services: Services
) -> Iterator[Callable[..., tuple[Flask, Services]]]:
    """Another application on the same database, with other settings, or another clock."""
    made: list[Services] = []

    def make(clock: Clock | None = None, **overrides: object) -> tuple[Flask, Services]:
        other = make_settings(**overrides)
        wired = build(other, clock)
        bootstrap(wired)
        made.append(wired)
        return create_app(other, wired), wired

    yield make
    for wired in made:
        wired.get(Database).close()


@pytest.fixture(scope="session")
def empty_database(postgres: EmbeddedPostgres) -> Iterator[Database]:
    url = postgres.create_database("rooms")
    migrate(url)
    database = open_database(url, pool_size=5)
    yield database
    database.close()


@pytest.fixture
def database(empty_database: Database) -> Iterator[Database]:
    """A database of its own, with all tables and no row."""
    yield empty_database
    _empty(empty_database, {})


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(datetime(2026, 11, 22, 12, 0, tzinfo=UTC))


@pytest.fixture
def make_user(services: Services) -> UserFactory:
    return UserFactory(services)


@pytest.fixture
def make_client(services: Services) -> ClientFactory:
    return ClientFactory(services)


@pytest.fixture
def relying_party(client: FlaskClient, make_client: ClientFactory) -> RelyingParty:
    """A confidential client that may do what exists."""
    return RelyingParty(client, make_client())


@pytest.fixture
def sign_in(client: FlaskClient) -> Callable[[str, str], str]:
    """The access token of the first-party sign-in."""

    def sign_in(email: str, password: str) -> str:
        answer = client.post("/api/auth/login", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        return str(answer.json["accessToken"])

    return sign_in


@pytest.fixture
def admin_token(make_user: UserFactory, sign_in: Callable[[str, str], str]) -> str:
    admin = make_user(roles=["admin"])
    return sign_in(admin.email, admin.password)


@pytest.fixture(name="bearer")
def bearer_fixture() -> Callable[[str], dict[str, str]]:
    return bearer


def _empty(database: Database, kept: dict[str, str]) -> None:
    with database.engine.begin() as connection:
        # The audit record refuses to lose rows; as a superuser one is past its triggers.
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for table in reversed(Base.metadata.sorted_tables):
            condition = f" WHERE NOT ({kept[table.name]})" if table.name in kept else ""
            connection.execute(text(f"DELETE FROM {table.name}{condition}"))  # noqa: S608
        connection.execute(text("SET LOCAL session_replication_role = origin"))
        # The tables of the queue are no models of ours.
        connection.execute(text("DELETE FROM procrastinate_jobs"))
        connection.execute(text("DELETE FROM procrastinate_periodic_defers"))
        connection.execute(text("DELETE FROM procrastinate_workers"))


def _flush(valkey: EmbeddedValkey) -> None:
    with Redis.from_url(valkey.url) as redis:
        redis.flushall()
