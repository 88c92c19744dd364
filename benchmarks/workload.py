"""What is measured: a workload, where it is sent to, and what one measurement says."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from benchmarks.meter import Family, cpu_of, wait_until_idle
from benchmarks.wrk import BenchError, Outcome, Shots, shoot

# Given the seconds of a round, the records that its script reads, never used before.
Material = Callable[[float], Sequence[str]]


@dataclass(frozen=True)
class Workload:
    """One kind of request; ``arguments`` are those of the script after the file of material.

    ``most_connections`` is for requests of which a server takes so many at once and no more.
    """

    name: str
    script: str
    material: Material
    arguments: tuple[str, ...] = ()
    most_connections: int = 1000


def replay(
    name: str, material: Material, contains: str, how: str = "again", refusal: int = 0
) -> Workload:
    """Requests that need nothing from the answers before; each answer is 200 and has the text.

    ``how`` is "once" where a request works once. ``refusal`` is a status that is no error.
    """
    return Workload(name, "replay", material, ("200", contains, how, str(refusal)))


def flow(name: str, material: Material) -> Workload:
    """An authorization request, and the exchange of its code for an ID token."""
    return Workload(name, "flow", material, ('"id_token":"',))


@dataclass(frozen=True, eq=False)
class Target:
    """A server that is running, and whose processor time counts."""

    name: str
    base: str
    families: Mapping[str, Family]
    workloads: Mapping[str, Workload]


@dataclass(frozen=True)
class Sample:
    """What one round of one workload said; microseconds of processor time a request, and ms."""

    rate: float
    p50: float
    p99: float
    server: float
    postgres: float
    valkey: float
    errors: float

    @property
    def cpu(self) -> float:
        """All that a request costs."""
        return self.server + self.postgres + self.valkey

    def as_dict(self) -> dict[str, float]:
        return {name: round(value, 2) for name, value in {**asdict(self), "cpu": self.cpu}.items()}


def median(samples: Sequence[Sample]) -> Sample:
    """The median of each figure by itself; errors are never outvoted."""
    values = {
        field.name: statistics.median(getattr(sample, field.name) for sample in samples)
        for field in fields(Sample)
    }
    return Sample(**values | {"errors": sum(sample.errors for sample in samples)})


def shots_of(workload: Workload, folder: Path, connections: int, seconds: float) -> Shots:
    """What wrk is to do for one round, with its material in a file."""
    path = folder / f"{workload.name}.material"
    path.write_text("\0".join(workload.material(seconds)))
    used = min(connections, workload.most_connections)
    return Shots(workload.script, (str(path), *workload.arguments), used)


def warm_up(
    target: Target, workload: Workload, folder: Path, connections: int, seconds: float
) -> None:
    """A round that counts for nothing. Raises :class:`BenchError` for a wrong answer."""
    outcome = shoot(target.base, shots_of(workload, folder, connections, seconds), seconds)
    check(target, workload, outcome)


def measure(
    target: Target, workload: Workload, folder: Path, connections: int, seconds: float
) -> Sample:
    """One round. Raises :class:`BenchError` when an answer is not what it should be."""
    shots = shots_of(workload, folder, connections, seconds)
    wait_until_idle(target.families)
    before = cpu_of(target.families)
    outcome = shoot(target.base, shots, seconds)
    after = cpu_of(target.families)
    check(target, workload, outcome)
    if not outcome.units:
        raise BenchError(f"{target.name}, {workload.name}: no answer within {seconds:g} s.")
    costs = {name: (after[name] - before[name]) / outcome.units for name in before}
    return Sample(
        rate=outcome.rate,
        p50=outcome.p50,
        p99=outcome.p99,
        errors=outcome.errors,
        server=costs["server"],
        postgres=costs["postgres"],
        valkey=costs["valkey"],
    )


def check(target: Target, workload: Workload, outcome: Outcome) -> None:
    """Errors are never counted in: they are cheap, and the figures would be of something else."""
    if outcome.errors:
        raise BenchError(
            f"{target.name}, {workload.name}: {outcome.errors} answers of "
            f"{outcome.errors + outcome.units} were not as they should be. "
            f"The first: {outcome.first_error}"
        )
