"""A flood of sign-ins, with right passwords: nothing throttles it but what a hash costs."""

import os
import statistics
import threading
import time
from collections.abc import Callable

import pytest
import requests

from authserver.wiring import Services
from benchmarks.meter import Family
from tests.attacks.rows import attack
from tests.factories.clients import ClientFactory
from tests.factories.users import TestUser, UserFactory
from tests.support.live_server import LiveServer

SIGNING_IN = 48
TOKEN_REQUESTS = 30


@pytest.fixture
def installation(
    make_live_server: Callable[..., tuple[LiveServer, Services]],
) -> tuple[LiveServer, Services]:
    return make_live_server(threads=16)


@attack("DO-01")
def test_a_flood_of_sign_ins_does_not_starve_the_token_endpoint(
    installation: tuple[LiveServer, Services],
) -> None:
    """Promise R10: half of the threads never wait for a hash.

    Without that bound each token waits for some thirty hashes, most of a second.
    """
    server, services = installation
    times: list[float] = []

    statuses, _ = _storm(server, services, lambda: times.extend(_token_times(server, services)))

    assert 200 in statuses
    assert statistics.median(times) < 0.3


@attack("DO-01")
def test_who_is_one_too_many_in_a_flood_is_told_when_to_come_back(
    installation: tuple[LiveServer, Services],
) -> None:
    """RFC 9110, section 10.2.3."""
    server, services = installation

    statuses, retry_after = _storm(server, services, lambda: time.sleep(2))

    assert statuses == {200, 503}
    assert retry_after == {"1"}


@attack("DO-01")
def test_a_flood_of_wrong_passwords_takes_the_memory_of_as_many_hashes_as_run(
    installation: tuple[LiveServer, Services],
) -> None:
    """ASVS 15.2.2: as many as there are cores, 19 MiB each, however many ask for one."""
    server, services = installation
    before = _largest(server)

    statuses, _ = _storm(server, services, lambda: time.sleep(2), password="wrong password 47")

    assert statuses <= {401, 429, 503}
    assert _largest(server) - before < (os.cpu_count() or 1) * 19 + 20


def _largest(server: LiveServer) -> float:
    """MiB of the largest process, what it shares counted in parts."""
    return max(Family(pid).largest() for pid in server.worker_pids)


def _token_times(server: LiveServer, services: Services) -> list[float]:
    client = ClientFactory(services)()
    credentials = (client.client_id, client.secret or "")
    times = []
    with requests.Session() as http:
        for _ in range(TOKEN_REQUESTS):
            started = time.monotonic()
            form = {"grant_type": "client_credentials"}
            url = f"{server.base}/oauth2/token"
            answer = http.post(url, data=form, auth=credentials, timeout=10)
            times.append(time.monotonic() - started)
            assert answer.status_code == 200
    return times


def _storm(
    server: LiveServer,
    services: Services,
    act: Callable[[], None],
    password: str | None = None,
) -> tuple[set[int], set[str]]:
    """What the flood was answered while ``act`` acted: statuses, and what 503 said of when."""
    users = [UserFactory(services)() for _ in range(SIGNING_IN)]
    stop, answers = threading.Event(), list[requests.Response]()

    def sign_in(user: TestUser) -> None:
        body = {"email": user.email, "password": password or user.password}
        with requests.Session() as http:
            while not stop.is_set():
                answer = http.post(f"{server.base}/api/auth/login", json=body, timeout=30)
                answers.append(answer)
                if answer.status_code != 200:
                    stop.wait(0.1)

    threads = [threading.Thread(target=sign_in, args=(user,)) for user in users]
    for thread in threads:
        thread.start()
    try:
        time.sleep(1.5)
        act()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    refused = [answer for answer in answers if answer.status_code == 503]
    return (
        {answer.status_code for answer in answers},
        {answer.headers["Retry-After"] for answer in refused},
    )
