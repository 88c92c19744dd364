"""``gunicorn --preload wsgi:app``: the application is made once, before the workers are forked."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from authserver.bootstrap import bootstrap
from authserver.devservices.postgres import EmbeddedPostgres
from authserver.devservices.redis import EmbeddedValkey
from authserver.settings import Settings
from authserver.storage.db import Database
from authserver.storage.migrations import migrate
from authserver.wiring import Services, build
from tests.attacks.rows import attack
from tests.factories.users import TestUser, UserFactory
from tests.support.first_party import FirstParty
from tests.support.jwks_verifier import payload_of
from tests.support.live_server import LiveServer


class PreloadedServer(LiveServer):
    """Any WSGI server may run us, in its own way."""

    def _command(self) -> list[str]:
        options = ["--preload", "--worker-class", "gthread", "--no-control-socket"]
        sizes = ["--workers", "2", "--threads", "8", "--bind", self.settings_env["bind"]]
        return [sys.executable, "-m", "gunicorn", *options, *sizes, "wsgi:app"]


@pytest.fixture
def preloaded(
    folder: Path, postgres: EmbeddedPostgres, valkey: EmbeddedValkey
) -> Iterator[tuple[LiveServer, Services]]:
    url = postgres.create_database("preloaded")
    migrate(url)
    values: dict[str, Any] = {"database_url": url, "redis_url": valkey.url}
    # Nobody may be refused for being one of many.
    limits = {
        "login_limit": "100000/minute",
        "account_limit": "100000/minute",
        "password_hash_threads": 4,
    }
    server = PreloadedServer(values | limits | {"keys_dir": folder / "keys"}, folder)
    services = build(Settings(**server.settings_env))
    try:
        bootstrap(services)
        with server:
            yield server, services
    finally:
        services.get(Database).close()


def signs_in_as(server: LiveServer) -> Callable[[TestUser], list[tuple[int, bool]]]:
    """For each of some sign-ins its status, and whether the token is the user's own."""

    def run(user: TestUser) -> list[tuple[int, bool]]:
        front_end = FirstParty(server.client())
        answers = [front_end.log_in(user) for _ in range(10)]
        return [(answer.status_code, subject_of(answer.json) == str(user.id)) for answer in answers]

    return run


def subject_of(answer: dict[str, Any]) -> str | None:
    token = answer.get("accessToken")
    return str(payload_of(token)["sub"]) if token else None


@attack("FT-32")
def test_preloaded_workers_do_not_hear_each_others_answers(
    preloaded: tuple[LiveServer, Services],
) -> None:
    """Attack FT-32: through one socket, two processes would get each other's rows."""
    server, services = preloaded
    users = [UserFactory(services)() for _ in range(4)]

    with ThreadPoolExecutor(4) as pool:
        outcomes = [one for some in pool.map(signs_in_as(server), users) for one in some]

    assert set(outcomes) == {(200, True)}
    assert "crashed" not in server.log()
