"""Authlib's client in a Flask application (``authlib.integrations.flask_client``)."""

import json
import threading
from collections.abc import Callable, Iterator

import pytest
from werkzeug.serving import make_server

from tests.factories.users import TestUser
from tests.interop.sites.flask_site import flask_site
from tests.support.provider import Provider


@pytest.fixture
def run_site(provider: Provider) -> Iterator[Callable[[str], str]]:
    """``run_site(method)``: where the application runs; the method is how it authenticates."""
    # The application is known before there is a port; its address is part of its registration.
    servers = []

    def run(method: str) -> str:
        server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True)
        base = f"http://127.0.0.1:{server.server_port}"
        client = provider.make_client(f"{base}/callback", token_endpoint_auth_method=method)
        more = {} if client.secret else {"token_endpoint_auth_method": "none"}
        server.app = flask_site(provider.discovery, client.client_id, client.secret, **more)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return base

    yield run
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def user(provider: Provider) -> TestUser:
    return provider.make_user()


@pytest.mark.parametrize("method", ["client_secret_basic", "none"])
def test_a_flask_application_signs_somebody_in(
    provider: Provider, run_site: Callable[[str], str], user: TestUser, method: str
) -> None:
    base = run_site(method)
    browser = provider.browser(base)

    place = browser.authorize(f"{base}/login", user)

    assert place.url == f"{base}/"
    assert json.loads(place.html)["sub"] == str(user.id)


def test_a_flask_application_reads_userinfo(
    provider: Provider, run_site: Callable[[str], str], user: TestUser
) -> None:
    base = run_site("client_secret_basic")
    browser = provider.browser(base)
    browser.authorize(f"{base}/login", user)

    told = json.loads(browser.go(f"{base}/told").html)

    assert told["email"] == user.email


def test_a_flask_application_refreshes(
    provider: Provider, run_site: Callable[[str], str], user: TestUser
) -> None:
    """Authlib repeats the scope that it once asked for."""
    base = run_site("client_secret_basic")
    browser = provider.browser(base)
    browser.authorize(f"{base}/login", user)

    refreshed = json.loads(browser.go(f"{base}/refreshed").html)

    assert refreshed["scope"] == "email openid profile"
