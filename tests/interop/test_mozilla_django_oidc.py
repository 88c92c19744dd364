"""``mozilla-django-oidc`` in a Django project: without PKCE, as it is by default, and with it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.factories.users import TestUser
from tests.interop.conftest import HERE
from tests.support.live_server import free_port
from tests.support.provider import Provider

SITE = HERE / "sites" / "django_site.py"


@pytest.fixture
def run_site(provider: Provider, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """``run_site(pkce=True)``: where the project runs, and whether it sends a challenge."""
    running = []

    def run(*, pkce: bool) -> str:
        port = free_port()
        base = f"http://127.0.0.1:{port}"
        process = subprocess.Popen(
            [sys.executable, str(SITE), str(port)],
            cwd=tmp_path,
            env=os.environ | {"SITE": json.dumps(known(provider, base, pkce=pkce))},
            stdout=subprocess.PIPE,
            stderr=(tmp_path / "errors").open("w"),
            text=True,
        )
        running.append(process)
        assert process.stdout
        assert process.stdout.readline() == "ready\n", (tmp_path / "errors").read_text()
        return base

    yield run
    for process in running:
        process.kill()
        process.communicate()


def known(provider: Provider, base: str, *, pkce: bool) -> dict[str, Any]:
    """The settings of the project; a client that sends no challenge is registered as one."""
    client = provider.make_client(f"{base}/oidc/callback/", pkce="required" if pkce else "optional")
    server = provider.issuer
    return {
        "OIDC_RP_CLIENT_ID": client.client_id,
        "OIDC_RP_CLIENT_SECRET": client.secret,
        "OIDC_USE_PKCE": pkce,
        "OIDC_OP_AUTHORIZATION_ENDPOINT": f"{server}/oauth2/authorize",
        "OIDC_OP_TOKEN_ENDPOINT": f"{server}/oauth2/token",
        "OIDC_OP_USER_ENDPOINT": f"{server}/oauth2/userinfo",
        "OIDC_OP_JWKS_ENDPOINT": f"{server}/.well-known/jwks.json",
    }


@pytest.mark.parametrize("pkce", [False, True], ids=["without PKCE", "with PKCE"])
def test_a_django_project_signs_somebody_in(
    provider: Provider, run_site: Callable[..., str], pkce: bool
) -> None:
    """It authenticates by Basic or by the form as it likes, and sends its client_id twice."""
    user: TestUser = provider.make_user()
    base = run_site(pkce=pkce)
    browser = provider.browser(base)

    place = browser.authorize(f"{base}/oidc/authenticate/", user)

    assert place.url == f"{base}/"
    assert json.loads(place.html) == {"email": user.email}
