"""Promise R4 in half a minute: no request, however malformed, is answered by a 5xx.

`make promises ONLY=R4` sends a hundred thousand.
"""

from collections.abc import Iterator

import pytest

from tests.promises.malformed import SETTINGS, fuzz
from tests.promises.malformed_knowledge import Knowledge
from tests.promises.malformed_protocol import write
from tests.promises.malformed_recipes import RECIPES
from tests.promises.malformed_wire import Wire
from tests.promises.target import Findings, Target
from tests.support.mortal import Installation, installed

_MANY = 2000
# For what a process loads when it is first needed.
_GROWTH = 1.1


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    with installed(**SETTINGS) as running:
        yield running


@pytest.fixture(scope="module")
def findings(installation: Installation) -> Findings:
    return fuzz(installation, _MANY)


def test_what_damage_is_done_to_is_right_before(installation: Installation) -> None:
    """What is refused for its first mistake never comes to the second one."""
    target = Target.of(installation)
    wire = Wire(target.server.base)

    answers = [
        (recipe, wire.send(write(recipe, "proper", None, Knowledge(target)))) for recipe in RECIPES
    ]

    assert [(recipe, answer) for recipe, answer in answers if answer[0] >= 400] == []


def test_no_answer_is_a_5xx(findings: Findings) -> None:
    assert findings.faults == []


def test_no_answer_is_waited_for(findings: Findings) -> None:
    assert findings.slowest < 5


def test_the_requests_reach_what_they_are_for(findings: Findings) -> None:
    """Most are refused, some are not; and there are as many as were meant."""
    assert findings.requests > _MANY / 2
    assert {200, 400, 401, 404, 405} <= findings.statuses.keys()


def test_memory_stays(findings: Findings) -> None:
    assert findings.memory[-1] < findings.memory[0] * _GROWTH
