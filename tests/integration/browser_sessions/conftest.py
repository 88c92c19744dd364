"""Browser sessions over the bootstrapped database, with and without their cache."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from authserver.actor import Actor
from authserver.browser_sessions.browser_session import BrowserSession
from authserver.browser_sessions.service import BrowserSessionService
from authserver.storage.cache import NoCache
from authserver.storage.db import Database
from authserver.users.service import UserService
from authserver.wiring import Services
from tests.factories.users import TestUser
from tests.support.browser_rows import BrowserRows

ACTOR = Actor("anonymous", None, "192.0.2.7", "request", "A browser")


@pytest.fixture
def browsers(services: Services) -> BrowserSessionService:
    """As it is in production: with Redis."""
    return services.get(BrowserSessionService)


@pytest.fixture
def make_browsers(browsers: BrowserSessionService) -> Callable[..., BrowserSessionService]:
    """``make_browsers(idle_ttl=60)``: without a cache, and with other lifetimes than the usual."""

    def make(**lifetimes: int) -> BrowserSessionService:
        repository = browsers.browser_sessions
        changed = replace(repository, lifetimes=replace(repository.lifetimes, **lifetimes))
        cache = replace(browsers.cache, cache=NoCache())
        return replace(browsers, browser_sessions=changed, cache=cache)

    return make


@pytest.fixture
def uncached(make_browsers: Callable[..., BrowserSessionService]) -> BrowserSessionService:
    return make_browsers()


@pytest.fixture
def rows(services: Services) -> BrowserRows:
    return BrowserRows(services.get(Database))


@pytest.fixture
def una(make_user: Callable[..., TestUser]) -> TestUser:
    return make_user(email="una@example.com", full_name="Una")


@pytest.fixture
def ida(make_user: Callable[..., TestUser]) -> TestUser:
    return make_user(email="ida@example.com", full_name="Ida")


Begin = Callable[..., tuple[BrowserSession, str]]


@pytest.fixture
def begin(services: Services, browsers: BrowserSessionService) -> Begin:
    """``begin(una, cookie)``: the browser session, and the new cookie."""
    users = services.get(UserService)

    def begin(
        user: TestUser, cookie: str | None = None, service: BrowserSessionService = browsers
    ) -> tuple[BrowserSession, str]:
        found = users.find_for_sign_in(user.email)
        assert found is not None
        return service.begin(found, "1", ("pwd",), cookie, ACTOR)

    return begin
