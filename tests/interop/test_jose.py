"""npm's ``jose``: ``createRemoteJWKSet`` and ``jwtVerify``."""

import json
import subprocess
from pathlib import Path

from tests.factories.clients import AUDIENCE, ClientFactory
from tests.factories.users import UserFactory
from tests.support.provider import Provider
from tests.support.relying_party import RelyingParty


def test_jose_verifies_an_access_token_and_reads_the_roles(npm: Path, provider: Provider) -> None:
    user = UserFactory(provider.services)(roles=["admin"])
    client = ClientFactory(provider.services)()
    token = RelyingParty(provider.server.client(), client).password(user).json["access_token"]

    done = subprocess.run(
        ["node", "jose.mjs", provider.issuer, AUDIENCE, token],
        cwd=npm,
        capture_output=True,
        text=True,
        timeout=30,
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["roles"] == ["admin", "user"]
