"""The run of `make bench`: everything started, measured, told and ended again."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass

import click

from benchmarks.compare import ratios
from benchmarks.installation import Installation, Size, running_installation
from benchmarks.machine import Machine, describe_machine, running_machine
from benchmarks.our_workloads import OurWorkloads
from benchmarks.peer_installation import running_peer
from benchmarks.results import Results, results_of, show, storm_figures
from benchmarks.rounds import Cell, Plan, measure_rounds
from benchmarks.storm import rage
from benchmarks.workload import Target, Workload
from benchmarks.wrk import BenchError

STORM = "storm"


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What the caller wants; ``only`` names workloads, all if it is empty."""

    plan: Plan
    size: Size
    server: str
    workers: int
    threads: int | None
    only: Sequence[str] = ()
    peer: bool = False

    @property
    def settings(self) -> dict[str, int]:
        """Those that are not the server's own."""
        threads = {} if self.threads is None else {"threads": self.threads}
        return {"workers": self.workers, **threads}


def tell(text: str) -> None:
    """What goes on, beside the results."""
    click.echo(text, err=True)


def run(wishes: Wishes) -> Results:
    """Raises :class:`BenchError` and EmbeddedServerError."""
    tell("starting the servers, filling the database ...")
    with running_machine() as machine, running_ours(machine, wishes) as installation:
        return measure_all(machine, installation, wishes)


def measure_all(machine: Machine, installation: Installation, wishes: Wishes) -> Results:
    """The figures of our server, and of the peer if it is wanted. Raises :class:`BenchError`."""
    with ExitStack() as stack:
        targets = [our_target(installation, wishes.server)]
        if wishes.peer:
            targets.append(stack.enter_context(running_peer(machine)))
        cells = [
            Cell(target, workload)
            for target in targets
            for workload in _chosen(target.workloads, wishes.only)
        ]
        samples = measure_rounds(cells, wishes.plan, machine.folder, tell)
        results = {target.name: results_of(target, samples) for target in targets}
    if not wishes.only or STORM in wishes.only:
        results[targets[0].name][STORM] = _storm(targets[0], installation, machine, wishes)
    return {"about": describe_machine() | _options(wishes), "targets": results}


@contextmanager
def running_ours(
    machine: Machine, wishes: Wishes, name: str = "ours", size: Size | None = None
) -> Iterator[Installation]:
    """Our server as the caller wants it."""
    with running_installation(
        machine, name, size or wishes.size, wishes.server, **wishes.settings
    ) as installation:
        yield installation


def our_target(installation: Installation, server: str) -> Target:
    """Our server as something to measure."""
    name = f"authserver ({server})"
    table = OurWorkloads(installation).table()
    return Target(name, installation.base, installation.families, table)


def tables(results: Results) -> str:
    """What is printed at the end; with a peer, the ratios as well."""
    text = show(results)
    found = list(results["targets"].items())
    if len(found) < 2:
        return text
    (ours, a), (peer, b) = found
    return f"{text}\n\n== A: {ours}, B: {peer} ==\n{ratios(a, b)}"


def _chosen(workloads: Mapping[str, Workload], only: Sequence[str]) -> list[Workload]:
    """Those whose name begins as one of the wished ones. Raises :class:`BenchError` if none."""
    if only == [STORM]:
        return []
    chosen = [
        workload
        for name, workload in workloads.items()
        if not only or any(name.startswith(each) for each in only)
    ]
    if not chosen:
        raise BenchError(f"No such workload. There are: {', '.join([*workloads, STORM])}")
    return chosen


def _storm(
    target: Target, installation: Installation, machine: Machine, wishes: Wishes
) -> dict[str, float]:
    tell("login storm")
    plan = wishes.plan
    storms = [
        rage(target, installation, machine.folder, plan.connections, plan.seconds)
        for _ in range(plan.rounds)
    ]
    return storm_figures(storms)


def _options(wishes: Wishes) -> dict[str, object]:
    names = {"server": wishes.server, "workers": wishes.workers, "threads": wishes.threads}
    return asdict(wishes.plan) | asdict(wishes.size) | names
