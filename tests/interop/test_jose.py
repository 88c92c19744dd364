"""npm's ``jose``: ``createRemoteJWKSet`` and ``jwtVerify``."""

import json
import subprocess
from pathlib import Path

from authserver.wiring import Services
from tests.factories.clients import AUDIENCE, ClientFactory
from tests.factories.users import UserFactory
from tests.support.live_server import LiveServer
from tests.support.relying_party import RelyingParty


def test_jose_verifies_an_access_token_and_reads_the_roles(
    jose: Path, live_server: tuple[LiveServer, Services]
) -> None:
    server, services = live_server
    user = UserFactory(services)(roles=["admin"])
    relying_party = RelyingParty(server.client(), ClientFactory(services)())
    token = relying_party.password(user).json["access_token"]

    done = subprocess.run(
        [
            "node",
            "verify.mjs",
            server.base,
            AUDIENCE,
            token,
        ],
        cwd=jose,
        capture_output=True,
        text=True,
        timeout=30,
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["roles"] == ["admin", "user"]
