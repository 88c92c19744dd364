"""Does it stay as fast when there is a hundred times as much?"""

from collections.abc import Callable
from contextlib import ExitStack

from benchmarks.bench import Wishes, our_target, running_ours, tell
from benchmarks.checks.verdict import Verdict
from benchmarks.installation import Installation, Size
from benchmarks.machine import Machine, running_machine
from benchmarks.our_workloads import OurWorkloads
from benchmarks.rounds import Cell, measure_rounds
from benchmarks.workload import Sample, Workload, median

_CHAINS = 1000
_USERS = 10_000
_SESSIONS = 20_000
_LEAST_RATE = 0.8
_MOST_COST = 2.0

Make = Callable[[Installation], Workload]


def check_sessions(wishes: Wishes, small: int, large: int) -> Verdict:
    """Refreshes of sessions from all over a small table and a large one."""
    sizes = [Size(users=_USERS, sessions=sessions) for sessions in (small, large)]
    few, many = _measure(wishes, sizes, _refresh)
    ratio = min(many.rate / few.rate, 1 / (many.cpu / few.cpu))
    sentence = f"{ratio:.0%} of the rate (by processor time or by clock, what is worse) is left"
    return Verdict(_rows(sizes, [few, many]), [(ratio >= _LEAST_RATE, sentence)])


def check_users(wishes: Wishes, small: int, large: int) -> Verdict:
    """Pages from anywhere among few users and among many."""
    sizes = [Size(users=users, sessions=_SESSIONS) for users in (small, large)]
    few, many = _measure(wishes, sizes, _pages)
    ratio = many.cpu / few.cpu
    sentence = f"a page costs {ratio:.2f} times as much, {_MOST_COST:g} times at most"
    return Verdict(_rows(sizes, [few, many]), [(ratio <= _MOST_COST, sentence)])


def _refresh(installation: Installation) -> Workload:
    work = OurWorkloads(installation)
    return Workload("refresh", "chains", lambda _: work.chains(_CHAINS))


def _pages(installation: Installation) -> Workload:
    return OurWorkloads(installation).table()["list users"]


def _measure(wishes: Wishes, sizes: list[Size], make: Make) -> list[Sample]:
    """Both are up at once and measured in turn, so that they have the same day."""
    with running_machine() as machine, ExitStack() as stack:
        cells = [
            _cell(stack, machine, wishes, number, size, make) for number, size in enumerate(sizes)
        ]
        samples = measure_rounds(cells, wishes.plan, machine.folder, tell)
        return [median(samples[cell]) for cell in cells]


def _cell(
    stack: ExitStack,
    machine: Machine,
    wishes: Wishes,
    number: int,
    size: Size,
    make: Make,
) -> Cell:
    tell(f"filling a database: {size.users} users, {size.sessions} sessions ...")
    installation = stack.enter_context(running_ours(machine, wishes, f"size{number}", size))
    return Cell(our_target(installation, wishes.server), make(installation))


def _rows(sizes: list[Size], samples: list[Sample]) -> list[tuple[str, ...]]:
    header = ("users", "sessions", "req/s", "p50 ms", "p99 ms", "server us", "postgres us")
    return [
        header,
        *(
            (
                f"{size.users}",
                f"{size.sessions}",
                f"{sample.rate:.0f}",
                f"{sample.p50:.2f}",
                f"{sample.p99:.2f}",
                f"{sample.server:.0f}",
                f"{sample.postgres:.0f}",
            )
            for size, sample in zip(sizes, samples, strict=True)
        ),
    ]
