"""The first requests of a process find everything there: nothing is loaded, opened or compiled."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from authserver.settings import Settings
from authserver.wiring import Services
from tests.factories.clients import ClientFactory
from tests.factories.users import UserFactory

ROOT = Path(__file__).parents[2]
_CALLBACK = "https://app.example/cb"

# What a WSGI server does; then the first requests, and what they have brought into the process.
_FIRST_REQUESTS = """
import json, os, socket, stat, sys, threading
import wsgi

client_id, secret, email, password, callback = sys.argv[1:]

def connections():
    found = (os.fstat(int(name)) for name in os.listdir("/proc/self/fd") if os.path.exists(
        f"/proc/self/fd/{name}"))
    return sum(stat.S_ISSOCK(one.st_mode) for one in found)

def state():
    return {
        "modules": sorted(sys.modules),
        "threads": sorted(thread.name for thread in threading.enumerate()),
        "connections": connections(),
        "templates": len(wsgi.app.jinja_env.cache),
    }

http = wsgi.app.test_client()
http.get("/livez")  # what the test client itself needs
http.post("/x", data={"a": "b"})
before = state()
form = {"client_id": client_id, "client_secret": secret}
token = lambda **more: http.post("/oauth2/token", data=form | more)
answers = [token(grant_type="client_credentials")]
answers.append(token(grant_type="password", username=email, password=password))
answers.append(token(grant_type="refresh_token", refresh_token=answers[-1].json["refresh_token"]))
access = answers[-1].json["access_token"]
answers.append(http.get("/oauth2/userinfo", headers={"Authorization": f"Bearer {access}"}))
answers.append(http.get("/oauth2/authorize", query_string={
    "response_type": "code", "client_id": client_id, "redirect_uri": callback, "scope": "openid",
    "state": "s", "code_challenge": "c" * 43, "code_challenge_method": "S256"}))
answers.append(http.get(answers[-1].headers["Location"]))
statuses = [answer.status_code for answer in answers]
print(json.dumps({"statuses": statuses, "before": before, "after": state()}))
"""


@pytest.fixture
def seen(settings: Settings, services: Services) -> dict[str, Any]:
    client = ClientFactory(services)(
        redirect_uris=[_CALLBACK],
        token_endpoint_auth_method="client_secret_post",
        grant_types=["authorization_code", "client_credentials", "password", "refresh_token"],
    )
    user = UserFactory(services)()
    variables = {
        "AUTHSERVER_ISSUER": settings.issuer,
        "AUTHSERVER_DATABASE_URL": settings.database_url,
        "AUTHSERVER_REDIS_URL": settings.redis_url,
        "AUTHSERVER_KEYS_DIR": str(settings.keys_dir),
        "AUTHSERVER_PASSWORD_HASH_THREADS": "2",
    }
    who = (client.client_id, client.secret or "", user.email, user.password)
    done = subprocess.run(
        [sys.executable, "-c", _FIRST_REQUESTS, *who, _CALLBACK],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    seen: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return seen


def test_the_first_requests_find_everything_there(seen: dict[str, Any]) -> None:
    """Modules, threads that hash, connections to PostgreSQL and Redis, templates."""
    assert seen["statuses"] == [200, 200, 200, 200, 303, 200]
    assert seen["after"] == seen["before"]
