"""Debian's ``libapache2-mod-auth-openidc`` in an Apache of its own, in front of a page."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests

from tests.factories.users import TestUser
from tests.interop.conftest import HERE, missing
from tests.support.browser import Browser
from tests.support.live_server import free_port
from tests.support.provider import Provider

MODULES = Path("/usr/lib/apache2/modules")
_APACHE = "/usr/sbin/apache2"
_START_SECONDS = 20


@dataclass(frozen=True)
class Site:
    """An Apache, and the folder where all of it lies."""

    base: str
    folder: Path

    @property
    def protected(self) -> str:
        return f"{self.base}/protected/page.html"

    @property
    def callback(self) -> str:
        return f"{self.base}/protected/callback"

    @property
    def log(self) -> str:
        return (self.folder / "error.log").read_text()


def wait_for(site: Site) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        try:
            requests.get(f"{site.base}/goodbye.html", timeout=2)
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(site.log)


@pytest.fixture(scope="module")
def site(provider: Provider) -> Iterator[Site]:
    if not Path(_APACHE).exists() or not (MODULES / "mod_auth_openidc.so").exists():
        missing("mod_auth_openidc is missing: apt-get install libapache2-mod-auth-openidc.")
    # Whoever Apache runs as must come by: pytest's own folders are ours alone.
    folder = Path(tempfile.mkdtemp(prefix="authserver-apache-"))
    folder.chmod(0o777)
    for page in ("goodbye.html", "protected/page.html"):
        path = folder / "pages" / page
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("<!doctype html>\n")
    port = free_port()
    site = Site(f"http://127.0.0.1:{port}", folder)
    client = provider.make_client(
        site.callback,
        post_logout_redirect_uris=[f"{site.base}/goodbye.html"],
        backchannel_logout_uri=f"{site.callback}?logout=backchannel",
        backchannel_logout_session_required=True,
    )
    names = {
        "SITE": site.base,
        "SITE_PORT": str(port),
        "SITE_FOLDER": str(folder),
        "MODULES": str(MODULES),
        "PROVIDER_DISCOVERY": provider.discovery,
        "CLIENT_ID": client.client_id,
        "CLIENT_SECRET": str(client.secret),
    }
    command = [_APACHE, "-f", str(HERE / "sites" / "apache.conf"), "-DFOREGROUND"]
    command += ["-DAsRoot"] if os.geteuid() == 0 else []
    process = subprocess.Popen(command, env=os.environ | names)
    try:
        wait_for(site)
        yield site
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder)


@pytest.fixture
def user(provider: Provider) -> TestUser:
    return provider.make_user()


@pytest.fixture
def browser(provider: Provider, site: Site) -> Browser:
    return provider.browser(site.base)


def test_apache_lets_somebody_in_and_tells_the_page_who_it_is(
    site: Site, browser: Browser, user: TestUser
) -> None:
    place = browser.authorize(site.protected, user)

    assert place.url == site.protected
    assert place.headers["Seen-Subject"] == str(user.id)
    assert place.headers["Seen-Email"] == user.email


def test_apache_refreshes_when_it_is_asked_to(site: Site, browser: Browser, user: TestUser) -> None:
    before = browser.authorize(site.protected, user)
    old = before.headers["Seen-Token"]
    asked = urlencode({"refresh": site.protected, "access_token": old})

    after = browser.go(f"{site.callback}?{asked}")

    assert after.url == site.protected, site.log
    assert after.headers["Seen-Token"] not in ("", old)


def test_apache_signs_somebody_out(
    site: Site, browser: Browser, user: TestUser, provider: Provider
) -> None:
    browser.authorize(site.protected, user)
    goodbye = f"{site.base}/goodbye.html"

    place = browser.go(f"{site.callback}?{urlencode({'logout': goodbye})}")

    assert place.url.partition("?")[0] == goodbye
    assert "login-submit" in browser.go(f"{provider.issuer}/sign-in").ids


def test_apache_is_told_behind_the_back_of_the_browser(
    site: Site, browser: Browser, user: TestUser, provider: Provider
) -> None:
    """Back-Channel Logout 1.0: the session at Apache is gone although nobody went there."""
    browser.authorize(site.protected, user)
    place = browser.go(f"{provider.issuer}/sign-out")
    browser.press(place, "logout-confirm")
    assert browser.go(site.protected).url == site.protected

    provider.do_jobs()

    assert "login-submit" in browser.go(site.protected).ids, site.log
