"""npm's ``oidc-client-ts`` in Chromium: a single-page application on an origin of its own."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import open_browser, page  # noqa: F401 - fixtures
from tests.factories.users import TestUser
from tests.interop.conftest import HERE
from tests.support.people import sign_in
from tests.support.provider import Provider

_PAGE = (HERE / "sites" / "single_page.html").read_bytes()
_SCRIPT = "node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js"


@dataclass
class SinglePage:
    """Where the application is; ``settings`` are those that its ``UserManager`` gets."""

    base: str
    script: bytes
    settings: dict[str, Any]

    def content(self, path: str) -> tuple[str, bytes]:
        if path == "/oidc-client-ts.min.js":
            return "text/javascript", self.script
        if path == "/settings.json":
            return "application/json", json.dumps(self.settings).encode()
        return "text/html", _PAGE


@contextmanager
def served(script: bytes) -> Iterator[SinglePage]:
    """On the same host as the server, so that its cookies reach it from a frame as well."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    site = SinglePage(f"http://127.0.0.1:{server.server_address[1]}", script, {})
    server.site = site  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        kind, body = self.server.site.content(self.path.partition("?")[0])  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Not into the output of the tests."""


@pytest.fixture
def site(npm: Path) -> Iterator[SinglePage]:
    with served((npm / _SCRIPT).read_bytes()) as site:
        yield site


@pytest.fixture
def user(provider: Provider) -> TestUser:
    return provider.make_user()


@pytest.fixture
def configure(provider: Provider, site: SinglePage) -> Callable[..., None]:
    """Register the application; ``grant_types`` and the like are its metadata."""

    def configure(settings: dict[str, Any] | None = None, **metadata: Any) -> None:
        callback, goodbye = f"{site.base}/callback", f"{site.base}/goodbye"
        values = {
            "token_endpoint_auth_method": "none",
            "redirect_uris": [callback, f"{site.base}/silent"],
            "post_logout_redirect_uris": [goodbye],
        }
        client = provider.make_client(callback, **(values | metadata))
        site.settings = {
            "authority": provider.issuer,
            "client_id": client.client_id,
            "redirect_uri": callback,
            "silent_redirect_uri": f"{site.base}/silent",
            "post_logout_redirect_uri": goodbye,
            "scope": "openid profile email",
            "loadUserInfo": True,
            "automaticSilentRenew": False,
        } | (settings or {})

    return configure


@pytest.fixture
def signed_in(page: Page, site: SinglePage, user: TestUser) -> Callable[[], Page]:  # noqa: F811
    """Open the application and sign in through it."""

    def signed_in() -> Page:
        page.goto(site.base)
        expect(page.locator("#state")).to_have_text("Signed out")
        page.evaluate("void manager.signinRedirect()")
        sign_in(page, user)
        page.click("#consent-allow")
        expect(page.locator("#state")).to_have_text("Signed in")
        return page

    return signed_in


def test_a_single_page_application_signs_in_and_reads_userinfo(
    configure: Callable[..., None], signed_in: Callable[[], Page], user: TestUser
) -> None:
    configure()

    profile = signed_in().evaluate("manager.getUser().then((user) => user.profile)")

    assert (profile["sub"], profile["email"]) == (str(user.id), user.email)


def test_a_single_page_application_renews_in_a_frame(
    configure: Callable[..., None], signed_in: Callable[[], Page]
) -> None:
    """prompt=none in an iframe, and the code from there."""
    configure(grant_types=["authorization_code"])
    tab = signed_in()
    before = tab.evaluate("manager.getUser().then((user) => user.access_token)")

    renewed = tab.evaluate("manager.signinSilent().then((user) => user.access_token)")

    assert renewed != before


def test_a_single_page_application_refreshes(
    configure: Callable[..., None], signed_in: Callable[[], Page]
) -> None:
    configure()
    tab = signed_in()
    assert tab.evaluate("manager.getUser().then((user) => !!user.refresh_token)")
    before = tab.evaluate("manager.getUser().then((user) => user.access_token)")

    renewed = tab.evaluate("manager.signinSilent().then((user) => user.access_token)")

    assert renewed != before


def test_a_single_page_application_signs_out(
    configure: Callable[..., None],
    signed_in: Callable[[], Page],
    provider: Provider,
) -> None:
    configure()
    tab = signed_in()

    tab.evaluate("void manager.signoutRedirect()")

    expect(tab.locator("#state")).to_have_text("Goodbye")
    tab.goto(f"{provider.issuer}/sign-in")
    expect(tab.locator("#login-submit")).to_be_visible()


def test_a_single_page_application_revokes_its_tokens(
    configure: Callable[..., None], signed_in: Callable[[], Page]
) -> None:
    """It takes nothing but JSON for an answer."""
    configure()
    tab = signed_in()

    tab.evaluate("manager.revokeTokens(['refresh_token'])")

    assert tab.evaluate("manager.getUser().then((user) => user.refresh_token ?? null)") is None


def test_a_single_page_application_learns_that_somebody_signed_out_elsewhere(
    configure: Callable[..., None],
    signed_in: Callable[[], Page],
    provider: Provider,
) -> None:
    """OpenID Connect Session Management 1.0: check_session_iframe and session_state."""
    configure({"monitorSession": True, "checkSessionIntervalInSeconds": 1})
    tab = signed_in()
    other = tab.context.new_page()

    other.goto(f"{provider.issuer}/sign-out")
    other.click("#logout-confirm")

    expect(tab.locator("#state")).to_have_text("Signed out elsewhere")
