"""What is lost is seen in the metrics, and so is its return."""

from collections.abc import Callable

import requests

from tests.failure.conftest import Installation
from tests.support.live_server import free_port
from tests.support.load import wait_until
from tests.support.metrics import scrape

Install = Callable[..., Installation]


def test_the_loss_of_postgresql_and_its_return_are_seen(install: Install) -> None:
    address = f"127.0.0.1:{free_port()}"
    installation = install(metrics_bind=address)
    before = scrape(address).of("authserver_database_up")

    installation.postgres.kill()
    wait_until(lambda: scrape(address).of("authserver_database_up") == 0, 30)
    failures = scrape(address).of("authserver_database_failures_total")
    installation.postgres.start()
    wait_until(lambda: scrape(address).of("authserver_database_up") == 1, 30)

    assert before == 1
    assert failures > 0


def test_the_loss_of_redis_and_its_return_are_seen(install: Install) -> None:
    address = f"127.0.0.1:{free_port()}"
    installation = install(metrics_bind=address)

    installation.valkey.kill()
    wait_until(lambda: sign_in(installation) and redis_is_up(address) == 0, 30)
    failures = scrape(address).of("authserver_redis_failures_total")
    installation.valkey.start()
    wait_until(lambda: sign_in(installation) and redis_is_up(address) == 1, 30)

    assert failures > 0


def redis_is_up(address: str) -> float:
    return scrape(address).of("authserver_redis_up")


def sign_in(installation: Installation) -> bool:
    """It counts an attempt in Redis; whether it was answered."""
    form = {"email": "nobody@example.com", "password": "wrong"}
    for _ in range(8):
        requests.post(f"{installation.server.base}/api/auth/login", json=form, timeout=10)
    return True
