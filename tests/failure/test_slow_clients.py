"""Promise R10: who does not finish a request does not stop those of others."""

import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

from authserver.devservices.postgres import EmbeddedPostgres
from authserver.devservices.redis import EmbeddedValkey
from authserver.wiring import Services
from tests.attacks.rows import attack
from tests.factories.clients import ClientFactory
from tests.support.live_server import LiveServer, running_server
from tests.support.nginx import Nginx, nginx_for
from tests.support.slow_clients import BODY, HEAD, ask_beside, slow_clients

MANY = 500
_SECONDS = 1.5

Running = tuple[LiveServer, Services]


@pytest.fixture(scope="module")
def gunicorn(folder: Path, postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> Iterator[Running]:
    with running_server(folder, postgres, valkey) as running:
        yield running


@pytest.fixture(scope="module")
def granian(folder: Path, postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> Iterator[Running]:
    with running_server(folder, postgres, valkey, program="granian") as running:
        yield running


@pytest.fixture(scope="module")
def nginx(granian: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """In front of granian, which needs it more than gunicorn does."""
    made = nginx_for(granian[0], tmp_path_factory.mktemp("nginx"))
    with made.running():
        yield made


def median_beside(base: str, services: Services, begun: bytes) -> float:
    """The median of those who are answered, which all must be."""
    client = ClientFactory(services)()
    with slow_clients(base, MANY, begun):
        times = ask_beside(base, client, _SECONDS)
    answered = [seconds for seconds in times if seconds is not None]
    assert len(answered) == len(times)
    return statistics.median(answered)


@attack("DO-02")
@pytest.mark.parametrize("begun", [HEAD, BODY], ids=["head", "body"])
def test_gunicorn_answers_beside_slow_clients(gunicorn: Running, begun: bytes) -> None:
    """CWE-400. Without our worker's help each of them would hold one of eight threads."""
    server, services = gunicorn

    assert median_beside(server.base, services, begun) < 0.5


@attack("DO-02")
def test_granian_answers_beside_half_heads(granian: Running) -> None:
    server, services = granian

    assert median_beside(server.base, services, HEAD) < 0.5


def test_through_nginx_granian_answers_beside_half_bodies(granian: Running, nginx: Nginx) -> None:
    _, services = granian

    assert median_beside(nginx.base, services, BODY) < 0.5


def test_nginx_finds_nothing_wrong_with_our_configuration(nginx: Nginx) -> None:
    said = nginx.test()

    assert "test is successful" in said
    assert "[warn]" not in said
