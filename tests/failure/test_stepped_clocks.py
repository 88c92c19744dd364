"""Somebody sets the clock of the machine while the server runs; PostgreSQL's own stays right.

With frozen clocks tests/attacks/test_time_attacks.py tries more of it; here it is a whole server.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from authserver.devservices.postgres import EmbeddedPostgres
from authserver.devservices.redis import EmbeddedValkey
from authserver.storage.db import Database
from authserver.wiring import Services
from tests.attacks.rows import attack
from tests.factories.clients import ClientFactory
from tests.factories.users import UserFactory
from tests.support.clock_of_processes import SteppedClock
from tests.support.live_server import LiveServer, running_server
from tests.support.load import wait_until
from tests.support.relying_party import RelyingParty

HOUR = 3600


class ServerOfAnotherTime(LiveServer):
    """All its processes have one clock, which a test sets."""

    def start(self) -> "ServerOfAnotherTime":
        self.clock = SteppedClock(self._log.with_suffix(".clock"))
        super().start()
        return self

    def _command(self) -> list[str]:
        return self.clock.command("serve")


@pytest.fixture(scope="module")
def running(
    folder: Path, postgres: EmbeddedPostgres, valkey: EmbeddedValkey
) -> Iterator[tuple[ServerOfAnotherTime, Services]]:
    with running_server(folder, postgres, valkey, workers=1, kind=ServerOfAnotherTime) as made:
        age_keys(made[1])
        yield made


def age_keys(services: Services) -> None:
    """As if they had signed since yesterday: a key does not sign before it was made."""
    with services.get(Database).transaction() as tx:
        tx.execute(text("UPDATE signing_keys SET activated_at = activated_at - interval '1 day'"))
    # Processes read them again every two seconds.
    time.sleep(3)


@pytest.fixture
def server(running: tuple[ServerOfAnotherTime, Services]) -> Iterator[ServerOfAnotherTime]:
    yield running[0]
    running[0].clock.step(0)


@pytest.fixture
def party(running: tuple[ServerOfAnotherTime, Services]) -> RelyingParty:
    return RelyingParty(running[0].client(), ClientFactory(running[1])())


@attack("KT-09", "KT-11")
@pytest.mark.parametrize("step", [HOUR, -HOUR], ids=["ahead", "back"])
def test_a_stepped_clock_ends_no_session(running, server, party, step) -> None:
    """What the database's clock decides is decided as before: nobody is signed out."""
    token = party.password(UserFactory(running[1])()).json["refresh_token"]

    server.clock.step(step)
    answers = [party.refresh(token)]
    answers.append(party.refresh(answers[0].json["refresh_token"]))

    assert [answer.status_code for answer in answers] == [200, 200]


@attack("KT-09")
def test_tokens_of_an_hour_ago_have_expired(running, server, party) -> None:
    token = party.password(UserFactory(running[1])()).json["access_token"]
    assert party.introspect(token).json["active"] is True

    server.clock.step(HOUR)

    assert party.introspect(token).json == {"active": False}


def test_a_step_is_in_the_log(server: ServerOfAnotherTime) -> None:
    """security.md, under failure: logged and counted."""
    before = server.log().count("clock.stepped")

    server.clock.step(7200)

    wait_until(lambda: server.log().count("clock.stepped") > before, 15)
    assert '"seconds":7200' in server.log().replace(" ", "")
    assert "Traceback" not in server.log()
