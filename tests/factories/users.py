"""Users as tests want them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from authserver.actor import SYSTEM
from authserver.credentials.passwords import PasswordHasher
from authserver.storage.db import Database
from authserver.users.models import User
from authserver.users.service import UserService
from authserver.wiring import Services

# What a hash costs in production; tests of time need it, and all others would only wait.
PRODUCTION_HASH = {"password_hash_memory": 19_456, "password_hash_iterations": 2}
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class TestUser:
    """A user, and the password that only a test knows."""

    __test__ = False

    id: UUID
    email: str
    password: str


@cache
def _hash(hasher: PasswordHasher, password: str) -> str:
    return hasher.hash(password)


class UserFactory:
    """``make_user(email=..., roles=[...], enabled=False)``: what is not said is made up."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def __call__(
        self,
        *,
        email: str | None = None,
        password: str = PASSWORD,
        full_name: str | None = "Una Example",
        roles: Sequence[str] = (),
        enabled: bool = True,
    ) -> TestUser:
        address = email or f"user-{secrets.token_hex(6)}@example.com"
        users = self._services.get(UserService)
        with self._services.get(Database).transaction() as tx:
            password_hash = _hash(users.credentials.hasher, password)
            user = User(email=address, full_name=full_name, password_hash=password_hash)
            tx.add(user)
            tx.flush()
            users.roles.assign_by_name(tx, SYSTEM, None, user.id, {"user", *roles})
        if not enabled:
            users.disable(SYSTEM, None, user.id)
        return TestUser(user.id, address, password)
