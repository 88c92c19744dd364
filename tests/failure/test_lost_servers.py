"""The table "What fails how": each server is killed under load, and comes back."""

import os
import signal
import time
from collections.abc import Callable

import requests

from tests.support.live_server import LiveServer
from tests.support.load import RefreshChain, under_load, wait_until
from tests.support.mortal import Installation

Install = Callable[..., Installation]
# What a client may see, beside success, while something is being killed: 0 is a broken connection.
_BROKEN = 0


def _statuses(chains: list[RefreshChain]) -> set[int]:
    return {answer.status for chain in chains for answer in chain.answers}


def _all_still_refresh(chains: list[RefreshChain]) -> bool:
    return [chain.step().status for chain in chains] == [200] * len(chains)


def test_killed_workers_lose_no_acknowledged_session(install: Install) -> None:
    """A refresh whose answer was lost is retried within the leeway (promise R2)."""
    installation = install()
    chains = installation.chains(8)

    def kill_workers() -> None:
        for _ in range(2):
            time.sleep(0.5)
            killed = installation.server.kill_worker()
            wait_until(lambda: _has_replaced(installation.server, killed), 20)  # noqa: B023

    under_load(chains, kill_workers)

    assert _statuses(chains) <= {200, _BROKEN}
    assert _all_still_refresh(chains)


def test_killed_postgresql_is_answered_by_503_and_loses_no_acknowledged_session(
    install: Install,
) -> None:
    """Promises R2 and R3: what was acknowledged was committed; recovery follows the return."""
    installation = install()
    chains = installation.chains(8)
    recovered_after: list[float] = []

    def kill_postgresql() -> None:
        time.sleep(1)
        installation.postgres.kill()
        time.sleep(1.5)
        installation.postgres.start()
        recovered_after.append(wait_until(lambda: chains[0].answers[-1].status == 200, 5))
        time.sleep(0.5)

    under_load(chains, kill_postgresql)

    assert _statuses(chains) == {200, 503}
    refused = [a for chain in chains for a in chain.answers if a.status == 503]
    assert all(answer.retry_after for answer in refused)
    assert max(answer.seconds for answer in refused) < 2.5
    assert recovered_after[0] < 1
    assert _all_still_refresh(chains)


def test_without_postgresql_keys_and_discovery_still_answer(without_postgresql: str) -> None:
    statuses = {
        path: requests.get(without_postgresql + path, timeout=5).status_code
        for path in ("/.well-known/jwks.json", "/.well-known/openid-configuration", "/livez")
    }

    assert set(statuses.values()) == {200}


def test_without_postgresql_readyz_says_so(without_postgresql: str) -> None:
    answer = requests.get(f"{without_postgresql}/readyz", timeout=5)

    assert answer.status_code == 503
    assert answer.json()["checks"]["postgresql"] == "failing"


def test_without_postgresql_the_rest_api_says_when_to_come_back(without_postgresql: str) -> None:
    answer = requests.post(
        f"{without_postgresql}/api/auth/login",
        json={"email": "u@example.com", "password": "x"},
        timeout=5,
    )

    assert answer.status_code == 503
    assert answer.json()["code"] == "temporarily_unavailable"
    assert answer.headers["Retry-After"] == "1"


def test_a_postgresql_that_is_stopped_is_never_waited_for(install: Install) -> None:
    """A stopped server accepts connections and answers nothing: the wait must be ours."""
    installation = install()
    chain = installation.chains(1)[0]
    assert chain.step().status == 200
    os.kill(installation.postgres.pid, signal.SIGSTOP)
    _stop_backends(installation.postgres.pid, signal.SIGSTOP)

    answer = chain.step()
    _stop_backends(installation.postgres.pid, signal.SIGCONT)
    os.kill(installation.postgres.pid, signal.SIGCONT)

    assert answer.status == 503
    assert answer.seconds < 3
    wait_until(lambda: chain.step().status == 200, 5)


def test_killed_valkey_is_not_noticed_by_clients(install: Install) -> None:
    """Redis holds nothing that cannot be lost: no request is refused."""
    installation = install()
    chains = installation.chains(4)

    def kill_valkey() -> None:
        time.sleep(1)
        installation.valkey.kill()
        time.sleep(2)
        installation.valkey.start()
        time.sleep(1)

    under_load(chains, kill_valkey)

    assert _statuses(chains) == {200}
    assert _all_still_refresh(chains)


def test_a_loss_of_valkey_is_one_line_in_the_log_of_each_process(install: Install) -> None:
    installation = install()
    installation.valkey.kill()

    for number in range(20):
        login = {"email": f"nobody-{number}@example.com", "password": "wrong password"}
        answer = requests.post(f"{installation.server.base}/api/auth/login", json=login, timeout=10)
        assert answer.status_code == 401

    assert 1 <= installation.server.log().count("redis.lost") <= 2


def _has_replaced(server: LiveServer, killed: int) -> bool:
    """Whether two workers serve again: one that has loaded the application has several threads."""
    pids = [pid for pid in server.worker_pids if pid != killed]
    return len(pids) == 2 and all(len(os.listdir(f"/proc/{pid}/task")) > 1 for pid in pids)


def _stop_backends(postmaster: int, number: signal.Signals) -> None:
    with open(f"/proc/{postmaster}/task/{postmaster}/children") as children:
        for pid in children.read().split():
            os.kill(int(pid), number)
