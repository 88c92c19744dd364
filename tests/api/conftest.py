"""What tests of the REST API share."""

import secrets
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from authserver.actor import SYSTEM
from authserver.roles.service import RoleService
from authserver.storage.db import Database
from authserver.wiring import Services
from tests.factories.users import TestUser, UserFactory
from tests.support.first_party import FirstParty
from tests.support.session_rows import SessionRows


@pytest.fixture
def user(make_user: UserFactory) -> TestUser:
    return make_user()


@pytest.fixture
def front_end(client: FlaskClient) -> FirstParty:
    return FirstParty(client)


@pytest.fixture
def tokens(front_end: FirstParty, user: TestUser) -> Any:
    """What ``user`` has got by signing in."""
    return front_end.log_in(user).json


@pytest.fixture
def rows(services: Services) -> SessionRows:
    return SessionRows(services.get(Database))


@pytest.fixture
def token_of(
    services: Services, make_user: UserFactory, sign_in: Callable[[str, str], str]
) -> Callable[..., str]:
    """``token_of("users:read", ...)``: the access token of somebody with these permissions only."""

    def token_of(*permissions: str) -> str:
        name = f"role-{secrets.token_hex(6)}"
        services.get(RoleService).create(
            SYSTEM, None, name=name, description=None, permissions=permissions
        )
        user = make_user(roles=[name])
        return sign_in(user.email, user.password)

    return token_of
