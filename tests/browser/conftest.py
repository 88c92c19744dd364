"""Chromium, a server, and an application that sends people to it.

Each page is watched: a violation of its Content Security Policy, or a script that fails, fails the
test that saw it.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from sqlalchemy import text

from authserver.actor import Actor
from authserver.authn.service import AuthnService
from authserver.errors import InvalidCredentials, LockedOut
from authserver.flows.addresses import step
from authserver.flows.authorization_request import AuthorizationRequest
from authserver.flows.service import FlowService
from authserver.storage.db import Database
from authserver.wiring import Services
from tests.factories.clients import ClientFactory, TestClient
from tests.factories.users import TestUser, UserFactory
from tests.support.application import Application, running_application
from tests.support.live_server import LiveServer

# What the cookie says in browsers that a test makes flows for by itself.
BROWSER = "B" * 43
_CHROMIUM = "/usr/bin/chromium"
_TIMEOUT = 10_000


def _missing(what: str) -> None:
    pytest.fail(what) if os.environ.get("CI") else pytest.skip(what)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium. Where everything runs as root there is no sandbox to be had.

    For one file only: as long as it is there an event loop runs in this thread, and whatever
    starts one of its own, such as a worker of jobs, fails.
    """
    path = shutil.which("chromium") or _CHROMIUM
    if not Path(path).exists():
        _missing("Chromium is missing: install it (Debian: apt-get install chromium).")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of axe-core."""
    npm = shutil.which("npm")
    if npm is None:
        _missing("npm is missing: install it (Debian: apt-get install npm).")
    folder = tmp_path_factory.mktemp("axe")
    shutil.copytree(Path(__file__).parent / "axe", folder, dirs_exist_ok=True)
    command = [str(npm), "install", "--no-audit", "--no-fund", "--silent"]
    subprocess.run(command, cwd=folder, check=True, timeout=180)
    return (folder / "node_modules/axe-core/axe.min.js").read_text()


@pytest.fixture
def application() -> Iterator[Application]:
    with running_application() as application:
        yield application


@dataclass(frozen=True)
class Scene:
    """The server, an application that it knows, and somebody who has an account."""

    server: LiveServer
    services: Services
    application: Application
    client: TestClient
    user: TestUser

    def request(self, **parameters: str) -> str:
        """Where the application sends a browser."""
        return self.server.base + self.application.request(self.client.client_id, **parameters)

    def expired(self, path: str) -> str:
        """The address of a page with an authorization that was begun yesterday."""
        flows = self.services.get(FlowService)
        request = AuthorizationRequest(
            client_id=self.client.client_id,
            redirect_uri=self.application.redirect_uri,
            response_type="code",
            response_mode="query",
            scope=frozenset({"openid"}),
            audience=(),
            started_at=flows.clock.now().timestamp() - 86_400,
        )
        return self.server.base + step(path, flows.seal_request(request, BROWSER))

    def remember(self, context: BrowserContext) -> None:
        """Let a browser be the one that ``expired`` is for."""
        cookie = {"name": "authserver_browser", "value": BROWSER, "url": self.server.base}
        context.add_cookies([cookie])

    def make_user(self, **values: object) -> TestUser:
        return UserFactory(self.services)(**values)

    def make_client(self, **metadata: object) -> TestClient:
        values: dict[str, object] = {
            "client_name": "Example Photos",
            "grant_types": ["authorization_code", "refresh_token"],
            "redirect_uris": [self.application.redirect_uri],
        }
        return ClientFactory(self.services)(**(values | metadata))

    def make_self_registered(self) -> None:
        """As if the client had come by itself."""
        with self.services.get(Database).engine.begin() as connection:
            connection.execute(
                text("UPDATE clients SET self_registered = true WHERE client_id = :id"),
                {"id": self.client.client_id},
            )

    def lock_out(self) -> None:
        """Try wrong passwords until no more may be tried for a while."""
        actor = Actor("anonymous", address="127.0.0.1")
        while True:
            try:
                self.services.get(AuthnService).authenticate(self.user.email, "wrong", actor)
            except InvalidCredentials:
                continue
            except LockedOut:
                return

    def with_client(self, **metadata: object) -> "Scene":
        client = self.make_client(**metadata)
        return Scene(self.server, self.services, self.application, client, self.user)


@pytest.fixture
def scene(live_server: tuple[LiveServer, Services], application: Application) -> Scene:
    server, services = live_server
    user = UserFactory(services)()
    empty = Scene(server, services, application, TestClient("", None), user)
    return empty.with_client()


@pytest.fixture
def open_browser(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """``open_browser(locale="de-DE")``: a browser that nobody has used before."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def make(**options: object) -> BrowserContext:
        context = chromium.new_context(**({"locale": "en-GB"} | options))
        context.set_default_timeout(_TIMEOUT)
        context.on("console", lambda message: _hear(complaints, message.type, message.text))
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(open_browser: Callable[..., BrowserContext]) -> Page:
    """A tab in a new browser."""
    return open_browser().new_page()


def _hear(complaints: list[str], kind: str, text: str) -> None:
    # An error status is told there too, which is what some pages have, and so is a connection that
    # a busy machine lost: the browser opened another one.
    expected = ("the server responded with a status of", "net::ERR_CONNECTION_RESET")
    if kind in ("error", "warning") and not any(each in text for each in expected):
        complaints.append(text)
