"""Signing in to a browser and out of it, with sessions of clients between the two."""

from collections.abc import Callable
from typing import Any

import pytest

from authserver.actor import Actor
from authserver.authn.sign_out import SignOutService
from authserver.authn.single_sign_on import SingleSignOn
from authserver.browser_sessions.browser_session import BrowserSession
from authserver.browser_sessions.service import BrowserSessionService
from authserver.consents.service import ConsentService
from authserver.sessions.service import SessionService
from authserver.sessions.session import LiveSession, SignIn
from authserver.storage.db import Database
from authserver.wiring import Services
from tests.factories.users import TestUser
from tests.support.browser_rows import BrowserRows

ACTOR = Actor("anonymous", None, "192.0.2.7", "request", "A browser")


@pytest.fixture
def browsers(services: Services) -> BrowserSessionService:
    return services.get(BrowserSessionService)


@pytest.fixture
def sign_outs(services: Services) -> SignOutService:
    return services.get(SignOutService)


@pytest.fixture
def rows(services: Services) -> BrowserRows:
    return BrowserRows(services.get(Database))


@pytest.fixture
def user(make_user: Callable[..., TestUser]) -> TestUser:
    return make_user()


@pytest.fixture
def sign_in_browser(services: Services) -> Callable[..., tuple[BrowserSession, str]]:
    """``sign_in_browser(user, cookie)``: by password, as the page does."""
    sso = services.get(SingleSignOn)
    return lambda user, cookie=None: sso.sign_in(user.email, user.password, cookie, ACTOR)


@pytest.fixture
def begin_session(services: Services) -> Callable[..., LiveSession]:
    """``begin_session(browser, client, "openid")``: as the redemption of a code does that was
    agreed to."""
    sessions, consents = services.get(SessionService), services.get(ConsentService)

    def begin(browser: BrowserSession, client: Any, scope: str = "openid") -> LiveSession:
        sign_in = SignIn(
            user_id=browser.user_id,
            credential_generation=browser.credential_generation,
            client_id=client.client_id,
            scope=frozenset(scope.split()),
            audience=("https://api.example.com",),
            auth_time=browser.auth_time,
            acr=browser.acr,
            amr=browser.amr,
            browser_session_id=browser.id,
        )
        consents.grant(browser.user_id, client.client_id, sign_in.scope, ACTOR)
        return sessions.begin(sign_in, ACTOR)[0]

    return begin
