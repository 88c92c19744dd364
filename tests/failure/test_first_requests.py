"""Who comes first after a start waits no longer than those who come later."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.factories.clients import ClientFactory
from tests.factories.users import UserFactory
from tests.support.live_server import running_server
from tests.support.relying_party import RelyingParty

_MORE = 9
# Beside three times the median: what other processes of this machine may take.
_NOISE = 0.25
_GRANTS = ["authorization_code", "client_credentials", "password", "refresh_token"]


def slowness(act: Callable[[], Any]) -> tuple[float, float]:
    """The time of the first call, and the median of those after it."""
    times = []
    for _ in range(1 + _MORE):
        started = time.monotonic()
        answer = act()
        times.append(time.monotonic() - started)
        assert answer.status_code in (200, 303)
    return times[0], statistics.median(times[1:])


@pytest.mark.parametrize("program", ["gunicorn", "granian"])
def test_the_first_requests_are_not_slow(folder, postgres, valkey, program: str) -> None:
    """``/readyz`` promises that; what exactly is there then, tests/integration knows."""
    with running_server(folder, postgres, valkey, program=program, workers=1) as (server, services):
        client = ClientFactory(services)(
            redirect_uris=["https://app.example/cb"], grant_types=_GRANTS, response_types=["code"]
        )
        user = UserFactory(services)()
        http = server.client()
        party = RelyingParty(http, client)
        tokens = [party.password(user).json["refresh_token"]]
        server.stop()
        server.start()
        http.get("/livez")

        def refresh() -> Any:
            answer = party.refresh(tokens[-1])
            tokens.append(answer.json["refresh_token"])
            return answer

        query = {
            "response_type": "code",
            "client_id": client.client_id,
            "redirect_uri": "https://app.example/cb",
            "scope": "openid",
            "state": "s",
            "code_challenge": "c" * 43,
            "code_challenge_method": "S256",
        }
        acts: dict[str, Callable[[], Any]] = {
            "refresh": refresh,
            "client_credentials": lambda: party.token(grant_type="client_credentials"),
            "authorize": lambda: http.get("/oauth2/authorize", params=query),
            "password": lambda: party.password(user),
        }
        found = {name: slowness(act) for name, act in acts.items()}

    slow = {name: one for name, one in found.items() if one[0] > 3 * one[1] + _NOISE}
    assert slow == {}
