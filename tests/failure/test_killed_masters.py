"""The first process of a server is killed: whoever supervises it starts it again."""

import time
from pathlib import Path

import pytest

from authserver.devservices.postgres import EmbeddedPostgres
from authserver.devservices.redis import EmbeddedValkey
from tests.attacks.rows import attack
from tests.factories.clients import ClientFactory
from tests.factories.users import UserFactory
from tests.support.live_server import running_server
from tests.support.load import wait_until
from tests.support.relying_party import RelyingParty

# Three seconds are promised where nobody else wants the processors; tests may have to share them.
_READY_SECONDS = 15.0


@attack("FT-02")
@pytest.mark.parametrize("program", ["gunicorn", "granian"])
def test_a_killed_server_starts_again_at_the_same_place(
    folder: Path, postgres: EmbeddedPostgres, valkey: EmbeddedValkey, program: str
) -> None:
    """Its workers end with it, so that the port is free; and no session is lost."""
    with running_server(folder, postgres, valkey, program=program) as (server, services):
        party = RelyingParty(server.client(), ClientFactory(services)())
        token = party.password(UserFactory(services)()).json["refresh_token"]
        workers = server.worker_pids

        server.kill()
        wait_until(lambda: not any(map(_is_alive, workers)), 10)
        started = time.monotonic()
        server.start()

        assert time.monotonic() - started < _READY_SECONDS
        assert RelyingParty(server.client(), party.credentials).refresh(token).status_code == 200


def _is_alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
