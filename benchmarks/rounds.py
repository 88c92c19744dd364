"""Rounds: every workload of every target in turn, so that all of them have the same day."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.workload import Sample, Target, Workload, measure, warm_up

_WARM_SECONDS = 0.5


@dataclass(frozen=True)
class Cell:
    """One figure of the table: a workload at a target."""

    target: Target
    workload: Workload


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How often and how long."""

    rounds: int
    seconds: float
    connections: int


Tell = Callable[[str], None]


def measure_rounds(
    cells: Sequence[Cell], plan: Plan, folder: Path, tell: Tell
) -> Mapping[Cell, list[Sample]]:
    """The samples of each cell. A short round before the first one is thrown away."""
    samples: dict[Cell, list[Sample]] = {cell: [] for cell in cells}
    for cell in cells:
        seconds = min(_WARM_SECONDS, plan.seconds)
        warm_up(cell.target, cell.workload, folder, plan.connections, seconds)
    for number in range(plan.rounds):
        tell(f"round {number + 1} of {plan.rounds}")
        for cell in cells:
            sample = measure(cell.target, cell.workload, folder, plan.connections, plan.seconds)
            samples[cell].append(sample)
    return samples
