"""The port for Prometheus: one path, for reading only, and nobody else's."""

import os
import socket
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest
import requests

from authserver.cli.metrics_server import check_metrics_address, metrics_of
from authserver.cli.output import RefusedError
from authserver.observability.exposition import exposed_metrics
from authserver.settings import Settings
from tests.support.live_server import free_port
from tests.support.load import wait_until

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


def settings(**values: str) -> Settings:
    return Settings(issuer="https://id.example", database_url="postgresql://x/y", **values)


@pytest.fixture
def port() -> Iterator[int]:
    port = free_port()
    with exposed_metrics("127.0.0.1", port):
        wait_until(lambda: is_taken(port), 5)
        yield port


def is_taken(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_metrics_are_told(port):
    answer = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")


def test_prometheus_gets_the_form_that_it_prefers(port):
    answer = requests.get(
        f"http://127.0.0.1:{port}/metrics", headers={"Accept": OPENMETRICS}, timeout=5
    )

    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


@pytest.mark.parametrize("path", ["/", "/metricsx", "/livez", "/oauth2/token", "/%2e"])
def test_there_is_nothing_else(port, path):
    assert requests.get(f"http://127.0.0.1:{port}{path}", timeout=5).status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_is_taken_in(port, method):
    answer = requests.request(method, f"http://127.0.0.1:{port}/metrics", timeout=5)

    assert answer.status_code == 501


def test_the_software_is_not_told(port):
    answer = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5)

    assert answer.headers["Server"] == "authserver"


def test_who_says_nothing_does_not_keep_prometheus_waiting(port):
    with closing(socket.create_connection(("127.0.0.1", port))):
        # The silent one is hung up on after five seconds.
        assert requests.get(f"http://127.0.0.1:{port}/metrics", timeout=4).status_code == 200


def test_who_keeps_all_places_is_hung_up_on(port):
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]

    wait_until(lambda: is_told(port), 30)

    for connection in silent:
        connection.close()


def test_whoever_asks_slowly_keeps_no_place(port):
    """CWE-400: a byte now and then, from as many as are answered at once."""
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(8)]

    def drip() -> bool:
        for each in slow:
            with suppress(OSError):
                each.send(b"G")
        return is_told(port)

    assert wait_until(drip, 15) < 12
    for each in slow:
        each.close()


def is_told(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/metrics", timeout=2).status_code == 200
    except requests.RequestException:
        return False


def test_a_worker_does_not_keep_the_address():
    """Or else the next server could not listen while a worker of this one still drains."""
    waiting, go_on = os.pipe()
    with exposed_metrics("127.0.0.1", other := free_port()):
        wait_until(lambda: is_taken(other), 5)
        pid = os.fork()
        if pid == 0:
            os.read(waiting, 1)
            os._exit(0)

    try:
        wait_until(lambda: not is_taken(other), 5)
    finally:
        os.write(go_on, b"1")
        os.waitpid(pid, 0)


def test_an_address_that_is_taken_is_waited_for():
    """gunicorn, told to replace itself (SIGUSR2), runs twice for a while."""
    port = free_port()
    with socket.socket() as former:
        former.bind(("127.0.0.1", port))
        former.listen()
        with exposed_metrics("127.0.0.1", port):
            former.close()
            wait_until(lambda: is_told(port), 30)


def test_without_the_setting_nobody_listens():
    with metrics_of(settings()) as folder:
        assert folder is None


def test_the_address_of_requests_is_refused():
    with pytest.raises(RefusedError, match="AUTHSERVER_METRICS_BIND"):
        check_metrics_address(settings(bind="127.0.0.1:8000", metrics_bind="127.0.0.1:8000"))


def test_an_address_that_is_taken_is_refused_at_the_start(port):
    with pytest.raises(RefusedError, match="AUTHSERVER_METRICS_BIND"):
        check_metrics_address(settings(metrics_bind=f"127.0.0.1:{port}"))
