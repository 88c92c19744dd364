"""Keys are rotated while clients work, and no verifier meets a token that it cannot verify (R8)."""

import threading
import time
from datetime import timedelta

import jwt
import requests
from sqlalchemy import text

from authserver.actor import SYSTEM
from authserver.signing.schedule import MARGIN
from authserver.signing.service import SigningService
from authserver.storage.db import Database
from authserver.wiring import Services
from tests.factories.clients import AUDIENCE, ClientFactory, TestClient
from tests.failure.test_lost_servers import Install

_MAX_AGE = 1
# What stays of the margin: processes read the keys again every two seconds.
_KEPT = timedelta(seconds=4)


def test_no_token_fails_at_verifiers_that_cache_the_jwks(install: Install) -> None:
    """Each verifier keeps the JWKS for its max-age and asks no sooner, whatever kid it meets."""
    installation = install(jwks_max_age=_MAX_AGE)
    client = ClientFactory(installation.services)()
    stop, failures, kids = threading.Event(), [], set()

    def verify() -> None:
        keys: dict[str, jwt.PyJWK] = {}
        fetched_at = 0.0
        while not stop.is_set():
            if time.monotonic() - fetched_at > _MAX_AGE:
                found = requests.get(f"{installation.server.base}/.well-known/jwks.json", timeout=5)
                keys = {key.key_id: key for key in jwt.PyJWKSet.from_dict(found.json()).keys}
                fetched_at = time.monotonic()
            token = _access_token(installation.server.base, client)
            kid = jwt.get_unverified_header(token)["kid"]
            kids.add(kid)
            try:
                jwt.decode(
                    token,
                    keys[kid],
                    algorithms=["ES256"],
                    audience=AUDIENCE,
                    issuer=installation.server.base,
                )
            except (KeyError, jwt.PyJWTError) as error:
                failures.append(error)

    threads = [threading.Thread(target=verify) for _ in range(4)]
    for thread in threads:
        thread.start()
    signing = installation.services.get(SigningService)
    for _ in range(3):
        _pass_the_margin(installation.services)
        signing.rotate(SYSTEM, "ES256")
        time.sleep(_MAX_AGE + _KEPT.total_seconds() + 0.5)
    stop.set()
    for thread in threads:
        thread.join()

    assert failures == []
    assert len(kids) >= 3


def _pass_the_margin(services: Services) -> None:
    """The max-age passes in real time; most of the margin for clocks on top is taken away."""
    with services.get(Database).engine.begin() as connection:
        connection.execute(
            text("UPDATE signing_keys SET usable_from = usable_from - :margin"),
            {"margin": MARGIN - _KEPT},
        )


def _access_token(base: str, client: TestClient) -> str:
    answer = requests.post(
        f"{base}/oauth2/token",
        data={"grant_type": "client_credentials"},
        auth=(client.client_id, client.secret),
        timeout=10,
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])
