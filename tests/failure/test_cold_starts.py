"""Many come at the very moment at which a server starts: nothing is made twice, or half."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from authserver.devservices.postgres import EmbeddedPostgres
from authserver.devservices.redis import EmbeddedValkey
from tests.attacks.rows import attack
from tests.factories.clients import ClientFactory
from tests.factories.users import UserFactory
from tests.support.live_server import running_server
from tests.support.relying_party import RelyingParty, bearer

_MANY = 100


@attack("FT-31")
@pytest.mark.parametrize("program", ["gunicorn", "granian"])
def test_a_hundred_first_requests_at_once_are_answered(
    folder: Path, postgres: EmbeddedPostgres, valkey: EmbeddedValkey, program: str
) -> None:
    """Whatever a process makes when it is first needed is needed by all of them."""
    settings = {"workers": 1, "threads": 64}
    with running_server(folder, postgres, valkey, program=program, **settings) as (server, made):
        credentials = ClientFactory(made)()
        tokens = RelyingParty(server.client(), credentials).password(UserFactory(made)()).json
        server.stop()
        server.start()

        def ask(number: int) -> int:
            http = server.client()
            party = RelyingParty(http, credentials)
            acts = (
                lambda: party.token(grant_type="client_credentials"),
                lambda: party.introspect(tokens["access_token"]),
                lambda: http.get("/oauth2/userinfo", headers=bearer(tokens["access_token"])),
                lambda: http.get("/.well-known/jwks.json"),
                lambda: http.get("/sign-in"),
            )
            return int(acts[number % len(acts)]().status_code)

        with ThreadPoolExecutor(_MANY) as threads:
            statuses = set(threads.map(ask, range(_MANY)))

    assert not {status for status in statuses if status >= 500}, statuses
    assert 200 in statuses
