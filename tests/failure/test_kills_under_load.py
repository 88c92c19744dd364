"""Promises R2 and R3 in half a minute; ``make promises`` keeps them longer."""

import pytest

from tests.attacks.rows import attack
from tests.promises.kills import SETTINGS, Outcome, kill_everything
from tests.support.mortal import installed

_SECONDS = 5.0
_OUTAGE = {"503 with Retry-After"}
_CUT_OFF = {"broken connection", "refused connection"}


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    with installed(**SETTINGS) as installation:
        return kill_everything(installation)


@attack("FT-01")
def test_no_acknowledged_session_is_lost(outcome: Outcome) -> None:
    assert outcome.sessions > 24
    assert outcome.lost_sessions == 0


@attack("FT-01")
def test_no_refresh_token_is_spent_twice(outcome: Outcome) -> None:
    assert outcome.double_spent == 0


def test_without_postgresql_clients_are_told_when_to_come_back(outcome: Outcome) -> None:
    assert outcome.errors("PostgreSQL").keys() == _OUTAGE
    assert max(kill.slowest_refusal for kill in outcome.kills) < 2.8


def test_without_valkey_nobody_is_refused(outcome: Outcome) -> None:
    assert outcome.errors("Valkey") == {}


@attack("FT-01")
def test_a_killed_worker_costs_what_it_was_working_on(outcome: Outcome) -> None:
    assert outcome.errors("a worker").keys() <= _CUT_OFF | _OUTAGE
    assert outcome.errors("a worker").total() <= 24


@pytest.mark.parametrize("name", ["PostgreSQL", "Valkey", "a worker"])
def test_all_is_well_soon_after_the_return(outcome: Outcome, name: str) -> None:
    assert outcome.worst_recovery(name) < _SECONDS
