"""Whole installations on a database of their own, each process with a clock that a test sets."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask import Flask

from authserver.app import create_app
from authserver.bootstrap import bootstrap
from authserver.clock import FrozenClock, SystemClock
from authserver.settings import Settings
from authserver.signing.service import SigningService
from authserver.storage.db import Database
from authserver.wiring import Services, build
from tests.attacks.watch import WatchedClient
from tests.factories.clients import ClientFactory, TestClient
from tests.factories.users import TestUser, UserFactory
from tests.support.relying_party import RelyingParty


@dataclass(frozen=True)
class Installation:
    """One process of an installation."""

    services: Services
    clock: FrozenClock
    http: WatchedClient

    @property
    def signing(self) -> SigningService:
        return self.services.get(SigningService)

    def user(self) -> TestUser:
        return UserFactory(self.services)()

    def party(self) -> RelyingParty:
        return RelyingParty(self.http, ClientFactory(self.services)())

    def as_party(self, credentials: TestClient) -> RelyingParty:
        """The same client at this process."""
        return RelyingParty(self.http, credentials)

    def jwks(self) -> dict[str, Any]:
        """The published keys by their ids."""
        keys = self.http.get("/.well-known/jwks.json").json["keys"]
        return {key["kid"]: key for key in keys}


@pytest.fixture
def install(
    database: Database,
    make_settings: Callable[..., Settings],
    new_client: Callable[[Flask], WatchedClient],
) -> Iterator[Callable[..., Installation]]:
    """``install(skew=300)``: one more process on the same new database, its clock ahead by that
    many seconds. The clocks stand still; the one of the database runs."""
    made: list[Services] = []

    def make(skew: float = 0, **settings: Any) -> Installation:
        url = database.engine.url.render_as_string(hide_password=False)
        clock = FrozenClock(SystemClock().now())
        clock.advance(skew)
        wanted = replace(make_settings(), database_url=url, redis_url="", **settings)
        services = build(wanted, clock)
        made.append(services)
        bootstrap(services)
        return Installation(services, clock, new_client(create_app(wanted, services)))

    yield make
    for services in made:
        services.get(Database).close()
