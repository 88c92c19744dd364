"""What an answer and the log tell when PostgreSQL or Redis is lost."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask

from authserver.app import create_app
from authserver.bootstrap import bootstrap
from authserver.devservices.postgres import EmbeddedPostgres
from authserver.storage.db import Database
from authserver.storage.migrations import migrate
from authserver.wiring import build
from tests.attacks.rows import attack
from tests.factories.clients import ClientFactory
from tests.factories.users import UserFactory
from tests.support.relying_party import basic

ORIGIN = {"Origin": "https://spa.example"}
REQUESTS = [
    ("POST", "/oauth2/token", {"data": {"grant_type": "client_credentials"}}),
    ("POST", "/oauth2/introspect", {"data": {"token": "x"}}),
    ("POST", "/oauth2/revoke", {"data": {"token": "x"}}),
    ("GET", "/oauth2/userinfo", {}),
    ("GET", "/api/users", {}),
    ("GET", "/api/roles", {}),
    ("POST", "/api/auth/login", {"json": {"email": "a@example.com", "password": "x"}}),
    ("POST", "/api/auth/register", {"json": {"email": "a@b.cc", "password": "good one 47"}}),
]


@pytest.fixture(scope="module")
def widow(folder, make_settings, valkey) -> Iterator[tuple[Flask, str, str]]:
    """An application whose database has gone; a token and a client's secret of before."""
    with EmbeddedPostgres(folder / "mortal", durable=False) as server:
        url = server.create_database("secretbase").replace("authserver@", "authserver:hidden-pw@")
        migrate(url)
        settings = make_settings(database_url=url)
        services = build(settings)
        bootstrap(services)
        app = create_app(settings, services)
        user, party = UserFactory(services)(roles=["admin"]), ClientFactory(services)()
        login = {"email": user.email, "password": user.password}
        token = app.test_client().post("/api/auth/login", json=login).json["accessToken"]
    yield app, token, basic(party.client_id, party.secret)["Authorization"]
    services.get(Database).close()


@attack("LS-04")
@pytest.mark.parametrize(("method", "path", "body"), REQUESTS)
def test_a_lost_database_is_told_without_its_name(widow, new_client, log_text, method, path, body):
    """CVE-2024-32967: 503 in each dialect, in time; no address, no password, no SQL, in the answer
    or in the log. (The client measures.) An Origin must not make another failure of it."""
    app, token, client_proof = widow
    http = new_client(app)
    http.may_fail = True
    proof = (
        client_proof
        if path in ("/oauth2/token", "/oauth2/introspect", "/oauth2/revoke")
        else f"Bearer {token}"
    )

    answer = http.open(path, method=method, headers=ORIGIN | {"Authorization": proof}, **body)

    assert answer.status_code == 503
    assert answer.json.get("error", answer.json.get("code")) == "temporarily_unavailable"
    assert int(answer.headers["Retry-After"]) >= 1
    for text in (answer.text, log_text()):
        assert not re.search(
            r"secretbase|hidden-pw|mortal|socket|could not connect|SELECT|INSERT", text
        )


@attack("LS-04", "LS-06")
def test_readiness_says_that_and_not_why(widow, new_client):
    """An anonymous caller learns no more than whether."""
    http = new_client(widow[0])
    http.may_fail = True

    answer = http.get("/readyz")

    assert answer.status_code == 503
    assert answer.json == {
        "status": "not ready",
        "checks": {"postgresql": "failing", "signing_keys": "ok"},
    }
    assert http.get("/livez").status_code == 200


@attack("LS-04")
def test_what_needs_no_database_goes_on(widow, new_client):
    """Security.md, under failure: keys and metadata from memory."""
    http = new_client(widow[0])

    for path in ("/.well-known/jwks.json", "/.well-known/openid-configuration"):
        assert http.get(path, headers=ORIGIN).status_code == 200


@attack("LS-04")
def test_a_lost_redis_is_told_without_its_name(make_app, new_client, make_user, log_text):
    """Nothing fails, and one line says that Redis is lost, and nothing of where it was."""
    app, _ = make_app(redis_url="redis://:hidden-pw@127.0.0.1:1/7")
    user, http = make_user(), new_client(app)

    answer = http.post("/api/auth/login", json={"email": user.email, "password": user.password})

    assert answer.status_code == 200
    assert "redis.lost" in log_text()
    assert not re.search(r"hidden-pw|127\.0\.0\.1:1\b|Connection refused", log_text())
