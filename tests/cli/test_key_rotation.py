"""``authserver key rotate`` beside a server that works, as relying parties see it.

Conformance suite: oidcc-server-rotate-keys.
"""

import jwt
import pytest
from sqlalchemy import text

from authserver.storage.db import Database
from tests.conftest import ISSUER
from tests.support.id_tokens import IdTokenVerifier
from tests.support.load import wait_until


@pytest.fixture
def published_long_ago(services) -> None:
    """As if all keys had been published a day earlier: the next one may sign at once."""
    day = "interval '1 day'"
    with services.get(Database).transaction() as tx:
        tx.execute(
            text(
                f"UPDATE signing_keys SET usable_from = usable_from - {day}, "  # noqa: S608
                f"activated_at = activated_at - {day}"
            )
        )


def test_a_rotation_by_command_reaches_relying_parties_and_breaks_nothing(
    cli, client, relying_party, make_user, published_long_ago
):
    """OpenID Connect Core 1.0, section 10.1.1: old and new ID tokens verify by the JWKS."""
    user = make_user()
    verifier = IdTokenVerifier(client, ISSUER, relying_party.credentials.client_id)

    def sign_in() -> str:
        return str(relying_party.password(user, scope="openid").json["id_token"])

    old = sign_in()
    outcomes = cli("key", "rotate", "--output", "json").json
    [expected] = [outcome["kid"] for outcome in outcomes if outcome["algorithm"] == "RS256"]

    # Each process reads the keys again every two seconds.
    assert wait_until(lambda: kid_of(sign_in()) == expected, 10) < 10
    assert kid_of(old) != expected
    for token in (old, sign_in()):
        assert verifier.claims(token)["sub"] == str(user.id)


def kid_of(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])
