"""What tests of the REST API share."""

import secrets
from collections.abc import Callable

import pytest

from authserver.actor import SYSTEM
from authserver.roles.service import RoleService
from authserver.wiring import Services
from tests.factories.users import UserFactory


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
