"""Algorithms are changed in a running installation, and nobody is signed out by it."""

import jwt
import pytest

from authserver.storage.db import Database
from tests.factories.clients import ClientFactory
from tests.factories.users import UserFactory
from tests.support.live_server import running_server
from tests.support.load import wait_until
from tests.support.relying_party import RelyingParty


@pytest.fixture(scope="module")
def reconfigured(folder, postgres, valkey):
    """A server that was started again with another algorithm, and tokens from before."""
    with running_server(folder, postgres, valkey, signing_algorithms=["ES256"]) as running:
        server, services = running
        party = RelyingParty(server.client(), ClientFactory(services)())
        tokens = party.password(UserFactory(services)()).json
        server.stop()
        server.settings_env["signing_algorithms"] = ["Ed25519"]
        server.start()
        yield RelyingParty(server.client(), party.credentials), tokens, services


def _algorithm(token: str) -> str:
    return str(jwt.get_unverified_header(token)["alg"])


def test_until_a_new_algorithm_may_sign_the_former_one_does(reconfigured):
    """RFC 9700, section 4.14.2: a refresh that cannot be answered must not use the token up."""
    party, tokens, _ = reconfigured

    answer = party.refresh(tokens["refresh_token"])

    assert answer.status_code == 200
    assert _algorithm(answer.json["access_token"]) == "ES256"


def test_a_new_algorithm_is_published_at_the_start(reconfigured):
    party, _, _ = reconfigured

    def algorithms() -> set[str]:
        return {key["alg"] for key in party.http.get("/.well-known/jwks.json").json["keys"]}

    assert wait_until(lambda: algorithms() == {"ES256", "Ed25519"}, 10) < 10


def test_a_new_algorithm_signs_once_everybody_can_know_its_key(reconfigured):
    """Each process reads the keys again every two seconds."""
    party, _, services = reconfigured
    with services.get(Database).engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE signing_keys SET usable_from = now(), activated_at = now()"
            " WHERE algorithm = 'Ed25519' AND activated_at IS NOT NULL"
        )

    def signs() -> bool:
        token = party.token(grant_type="client_credentials").json["access_token"]
        return _algorithm(token) == "Ed25519"

    assert wait_until(signs, 10) < 10
