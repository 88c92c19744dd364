"""A network between us and PostgreSQL or Redis that is slow, deaf, or forgets connections.

Nobody is killed here: both servers are well, and do not know of it.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.attacks.rows import attack
from tests.failure.conftest import Networked
from tests.support.load import wait_until

# What is promised, and what a busy machine adds.
_PROMISED = 2.0 + 0.8
# More than a way to Redis may take, and less than one to PostgreSQL.
_SLOW = 0.4


def timed(act: Callable[[], Any]) -> tuple[Any, float]:
    started = time.monotonic()
    answer = act()
    return answer, time.monotonic() - started


def assert_unavailable(answer: Any) -> None:
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1"), answer.text
    assert answer.json["error"] == "temporarily_unavailable"


def test_a_slow_postgresql_makes_answers_slow_and_refuses_nobody(networked: Networked) -> None:
    party, user = networked.party(), networked.user()
    networked.to_postgresql.latency = _SLOW / 2

    answer, seconds = timed(lambda: party.password(user))

    assert answer.status_code == 200, answer.text
    assert seconds > _SLOW
    assert party.refresh(answer.json["refresh_token"]).status_code == 200


def test_who_needs_no_postgresql_is_not_slowed_by_it(networked: Networked) -> None:
    party = networked.party()
    networked.to_postgresql.latency = _SLOW / 2
    party.introspect("x")

    keys, seconds = timed(lambda: networked.server.client().get("/.well-known/jwks.json"))

    assert keys.status_code == 200
    assert seconds < _SLOW


@pytest.mark.parametrize("connected", [True, False], ids=["connected", "connecting"])
def test_a_network_that_swallows_everything_is_not_waited_for(networked, connected) -> None:
    """Of connections that are open, and of those that are only being made."""
    party = networked.party()
    token = party.password(networked.user()).json["refresh_token"]
    networked.to_postgresql.swallow = True
    if not connected:
        networked.to_postgresql.cut()

    answers = [timed(lambda: party.refresh(token)) for _ in range(3)]

    for answer, seconds in answers:
        assert_unavailable(answer)
        assert seconds < _PROMISED


def test_a_firewall_that_forgets_connections_costs_each_process_one_answer(networked) -> None:
    """They are made anew: who comes again is answered."""
    party = networked.party()
    token = party.password(networked.user()).json["refresh_token"]
    networked.to_postgresql.cut()

    wait_until(lambda: party.introspect(token).status_code == 200, 3)

    assert party.refresh(token).status_code == 200


@attack("FT-08")
def test_a_commit_whose_answer_was_lost_is_not_done_twice(networked: Networked) -> None:
    """The statement was done, and we do not know it: 503. The client sends the same token again
    within the leeway, and gets the successor that was made."""
    party = networked.party()
    first = party.password(networked.user()).json["refresh_token"]
    networked.to_postgresql.lose_answers = True

    lost = party.refresh(first)
    networked.heal()
    again = party.refresh(first)
    twice = party.refresh(first)

    assert_unavailable(lost)
    assert (again.status_code, twice.status_code) == (200, 200)
    assert again.json["refresh_token"] == twice.json["refresh_token"] != first
    assert party.refresh(again.json["refresh_token"]).status_code == 200


@attack("FT-04")
def test_what_needs_no_postgresql_goes_on_while_it_is_deaf(networked: Networked) -> None:
    """The server is alive, and not ready; and it is so again by itself."""
    base = networked.server.base
    networked.to_postgresql.swallow = True

    paths = ("/.well-known/jwks.json", "/.well-known/openid-configuration", "/livez", "/readyz")
    found = {path: timed(lambda path=path: requests.get(base + path, timeout=5)) for path in paths}

    assert {path: answer.status_code for path, (answer, _) in found.items()} == {
        "/.well-known/jwks.json": 200,
        "/.well-known/openid-configuration": 200,
        "/livez": 200,
        "/readyz": 503,
    }
    assert max(seconds for _, seconds in found.values()) < _PROMISED
    networked.to_postgresql.swallow = False
    wait_until(lambda: requests.get(f"{base}/readyz", timeout=5).status_code == 200, 5)


def requests_that_change_state(token: str) -> list[tuple[str, dict[str, Any]]]:
    account = {"email": "new@example.com", "password": "good one 4711"}
    return [
        ("/oauth2/token", {"data": {"grant_type": "client_credentials"}}),
        ("/oauth2/token", {"data": {"grant_type": "refresh_token", "refresh_token": token}}),
        ("/oauth2/revoke", {"data": {"token": token}}),
        ("/oauth2/introspect", {"data": {"token": token}}),
        ("/api/auth/login", {"json": account}),
        ("/api/auth/refresh", {"json": {"refreshToken": token}}),
        ("/api/auth/register", {"json": account}),
    ]


@attack("FT-04")
def test_what_changes_state_is_refused_in_time_while_postgresql_is_deaf(networked) -> None:
    """No endpoint hangs, and none says that something was done."""
    party = networked.party()
    token = party.password(networked.user()).json["refresh_token"]
    # What a process remembers of a client is not asked for again within a second.
    time.sleep(1)
    networked.to_postgresql.swallow = True
    proof = (party.credentials.client_id, party.credentials.secret)

    def send(request: tuple[str, dict[str, Any]]) -> tuple[Any, float]:
        path, sent = request
        url = networked.server.base + path
        return timed(lambda: requests.post(url, **sent, auth=proof, timeout=10))

    with ThreadPoolExecutor(7) as threads:
        found = list(threads.map(send, requests_that_change_state(token)))

    for answer, seconds in found:
        assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "1"), answer.url
        assert "temporarily_unavailable" in answer.text
        assert seconds < _PROMISED


@pytest.mark.parametrize("fault", ["slow", "deaf", "forgetful"])
def test_a_bad_way_to_redis_refuses_nobody_and_is_waited_for_once(networked, fault) -> None:
    """A quarter of a second, then it is left alone for a second; and one line in the log."""
    party, user = networked.party(), networked.user()
    login = {"email": user.email, "password": "wrong password"}
    address = f"{networked.server.base}/api/auth/login"
    before = networked.server.log().count("redis.lost")
    network = networked.to_valkey
    network.latency, network.swallow = (1.0 if fault == "slow" else 0.0), fault == "deaf"
    if fault == "forgetful":
        network.cut()

    times = []
    for _ in range(8):
        answer, seconds = timed(lambda: requests.post(address, json=login, timeout=10))
        assert answer.status_code == 401, answer.text
        times.append(seconds)

    assert party.password(user).status_code == 200
    assert sum(seconds > 0.25 for seconds in times) <= 2 * 4
    assert max(times) < 1.5
    assert networked.server.log().count("redis.lost") - before <= 2
