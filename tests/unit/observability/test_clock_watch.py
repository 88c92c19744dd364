"""A clock that was set is told, and one that only runs is not."""

from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from authserver.clock import FrozenClock
from authserver.observability.clock_watch import ClockWatch
from authserver.observability.metrics import CLOCK_STEPS


class Passing:
    """Both clocks of a machine."""

    def __init__(self) -> None:
        self.wall = FrozenClock(datetime(2026, 11, 22, tzinfo=UTC))
        self.seconds = 1000.0

    def wait(self, seconds: float) -> None:
        self.wall.advance(seconds)
        self.seconds += seconds


@pytest.fixture
def passing() -> Passing:
    return Passing()


@pytest.fixture
def watch(passing: Passing) -> ClockWatch:
    return ClockWatch(passing.wall, lambda: passing.seconds)


@pytest.mark.parametrize("step", [3600, -3600, 1.5, -1.5])
def test_a_step_is_logged_and_counted(passing, watch, step) -> None:
    before = CLOCK_STEPS.of().value
    passing.wait(5)
    passing.wall.advance(step)

    with capture_logs() as log:
        watch.check()

    assert [(line["event"], line["seconds"]) for line in log] == [("clock.stepped", step)]
    assert CLOCK_STEPS.of().value == before + 1


def test_one_step_is_told_once(passing, watch) -> None:
    passing.wall.advance(3600)

    assert [watch.check(), watch.check()] == [3600, 0]


def test_a_clock_that_is_slewed_was_not_set(passing, watch) -> None:
    """NTP: half a millisecond a second."""
    passing.wait(600)
    passing.wall.advance(0.3)

    assert watch.check() == 0


def test_who_wakes_up_late_finds_no_step(passing, watch) -> None:
    passing.wait(3600)

    assert watch.check() == 0
