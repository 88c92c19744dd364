"""Does a worker need no more memory after half a million requests than after the first ones?"""

from itertools import cycle
from pathlib import Path

from benchmarks.bench import Wishes, our_target, running_ours, tell
from benchmarks.checks.verdict import Verdict
from benchmarks.machine import running_machine
from benchmarks.workload import Target, Workload, check, shots_of
from benchmarks.wrk import shoot

_MOST_MIB = 130
_STEPS = 5
_FLAT = 1.03
_NOT_MIXED = {"password", "revoke", "list users"}


def check_memory(wishes: Wishes, requests: int) -> Verdict:
    """Send a mixture of everything that is frequent; look after each fifth of it."""
    with running_machine() as machine, running_ours(machine, wishes) as installation:
        target = our_target(installation, wishes.server)
        mixture = cycle(
            workload for name, workload in target.workloads.items() if name not in _NOT_MIXED
        )
        seen, weights = 0, [(0, target.families["server"].largest())]
        for step in range(1, _STEPS + 1):
            while seen < requests * step / _STEPS:
                seen += _send(target, next(mixture), machine.folder, wishes)
            weights.append((seen, target.families["server"].largest()))
            tell(f"{seen} requests: {weights[-1][1]:.1f} MiB")
    first, last = weights[1][1], weights[-1][1]
    rows = [(f"{count}", f"{weight:.1f}") for count, weight in weights]
    return Verdict(
        [("requests", "PSS MiB"), *rows],
        [
            (first <= _MOST_MIB, f"{first:.1f} MiB after the first fifth, {_MOST_MIB} at most"),
            (
                last <= first * _FLAT,
                f"{last:.1f} MiB at the end, {first:.1f} after the first fifth",
            ),
        ],
    )


def _send(target: Target, workload: Workload, folder: Path, wishes: Wishes) -> int:
    plan = wishes.plan
    shots = shots_of(workload, folder, plan.connections, plan.seconds)
    outcome = shoot(target.base, shots, plan.seconds)
    check(target, workload, outcome)
    return outcome.units
