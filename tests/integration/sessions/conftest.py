"""Sessions on an empty database: one user, two clients, and nothing above them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from authserver.audit.repository import AuditRepository
from authserver.audit.service import AuditService
from authserver.ids import new_id
from authserver.sessions.repository import Lifetimes, SessionRepository
from authserver.sessions.service import SessionService
from authserver.sessions.session import SignIn
from authserver.storage.db import Database
from tests.support.session_rows import SessionRows

LIFETIMES = Lifetimes(idle_ttl=3600, absolute_ttl=86_400, refresh_leeway=10, sessions_per_user=3)


@pytest.fixture
def rows(database: Database) -> SessionRows:
    return SessionRows(database)


@pytest.fixture
def make_sessions(database: Database) -> Callable[..., SessionService]:
    """``make_sessions(refresh_leeway=0)``: the service with other lifetimes than the usual."""

    def make(**lifetimes: int) -> SessionService:
        repository = SessionRepository(database.statements, replace(LIFETIMES, **lifetimes))
        return SessionService(
            database, repository, AuditService(database, AuditRepository(database.statements))
        )

    return make


@pytest.fixture
def sessions(make_sessions: Callable[..., SessionService]) -> SessionService:
    return make_sessions()


@pytest.fixture
def make_person(rows: SessionRows) -> Callable[..., UUID]:
    """A row in ``users`` with these roles."""

    def make(*roles: str) -> UUID:
        user_id = new_id()
        rows.sql(
            "INSERT INTO users (id, email, password_hash) VALUES (:id, :email, '-')",
            id=user_id,
            email=f"{user_id}@example.com",
        )
        for name in roles:
            role_id = new_id()
            rows.sql("INSERT INTO roles (id, name) VALUES (:id, :name)", id=role_id, name=name)
            rows.sql(
                "INSERT INTO user_roles (user_id, role_id) VALUES (:user_id, :role_id)",
                user_id=user_id,
                role_id=role_id,
            )
        return user_id

    return make


@pytest.fixture
def person(make_person: Callable[..., UUID]) -> UUID:
    return make_person()


@pytest.fixture
def sign_in(rows: SessionRows, person: UUID) -> SignIn:
    """What begins a session of ``person`` at the client ``web``."""
    for client_id in ("web", "other"):
        rows.sql(
            "INSERT INTO clients (client_id, client_name, token_endpoint_auth_method) "
            "VALUES (:id, :id, 'client_secret_basic')",
            id=client_id,
        )
    return SignIn(
        user_id=person,
        credential_generation=0,
        client_id="web",
        scope=frozenset({"openid", "email"}),
        audience=("https://a.example", "https://b.example"),
        auth_time=datetime(2026, 11, 22, 12, 0, tzinfo=UTC),
        acr=None,
        amr=("pwd",),
    )
