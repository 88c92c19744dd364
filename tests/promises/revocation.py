"""R11: how long after a revocation any process of ours still calls a token good."""

import time

from tests.factories.clients import ClientFactory
from tests.factories.users import UserFactory
from tests.support.mortal import Installation
from tests.support.relying_party import RelyingParty, bearer

_ASKING = 8
_ENOUGH = 1.5


def longest_lives(installation: Installation, rounds: int) -> list[float]:
    """For each revocation the seconds after which the last good answer came; 0.0 for none.

    Every process has answered for the token before, and so may remember it.
    """
    server = installation.server
    client, user = ClientFactory(installation.services)(), UserFactory(installation.services)()
    parties = [RelyingParty(server.client(), client) for _ in range(_ASKING)]
    found = []
    for _ in range(rounds):
        token = parties[0].password(user, scope="openid").json["access_token"]
        for party in parties * 3:
            assert _is_good(party, token)
        assert parties[0].revoke(token).status_code == 200
        found.append(_lives_for(parties, token))
    return found


def _lives_for(parties: list[RelyingParty], token: str) -> float:
    """Until no process has called it good for a while."""
    revoked = time.monotonic()
    last = revoked
    while time.monotonic() - last < _ENOUGH:
        good = [_is_good(party, token) for party in parties]
        if any(good):
            last = time.monotonic()
        elif time.monotonic() - revoked > _ENOUGH:
            break
    return last - revoked


def _is_good(party: RelyingParty, token: str) -> bool:
    """At the introspection endpoint, or at the userinfo endpoint."""
    active: bool = party.introspect(token).json["active"]
    answer = party.http.open("/oauth2/userinfo", method="GET", headers=bearer(token))
    return active or answer.status_code == 200
