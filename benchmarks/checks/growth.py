"""Do the sessions and their indexes stay as large as they are, however often they are refreshed?"""

import time
from collections.abc import Sequence

from benchmarks.bench import Wishes, our_target, running_ours, tell
from benchmarks.checks.verdict import Verdict
from benchmarks.installation import Installation, Size
from benchmarks.machine import running_machine
from benchmarks.our_workloads import OurWorkloads
from benchmarks.seeds import ask
from benchmarks.workload import Target, Workload, check, shots_of
from benchmarks.wrk import Running

_SESSIONS = 1000
_LOOK_SECONDS = 0.5
_SETTLED_SHARE = 0.1
_SIZES = "SELECT pg_table_size('sessions'), pg_indexes_size('sessions')"
_REFRESHES = "SELECT sum(generation) FROM sessions"
_IN_PLACE = """
    SELECT coalesce(100.0 * n_tup_hot_upd / nullif(n_tup_upd, 0), 0)::float8
    FROM pg_stat_user_tables WHERE relname = 'sessions'"""


def check_growth(wishes: Wishes, refreshes: int) -> Verdict:
    """Refresh a thousand sessions over and over, and weigh the table after VACUUM each time."""
    size = Size(users=_SESSIONS, sessions=_SESSIONS)
    with running_machine() as machine, running_ours(machine, wishes, size=size) as installation:
        weights = [_weigh(installation)]
        target = our_target(installation, wishes.server)
        workload = Workload("growth", "chains", lambda _: _all_chains(installation))
        shots = shots_of(workload, machine.folder, wishes.plan.connections, 0)
        running = Running(target.base, shots)
        try:
            for goal in (int(refreshes * _SETTLED_SHARE), refreshes):
                tell(f"up to {goal} refreshes ...")
                _wait_for(installation, goal)
                weights.append(_weigh(installation))
            _finish(running, target, workload)
        finally:
            running.kill()
        in_place = ask(installation.settings.database_url, _IN_PLACE)[0]
    return _verdict(weights, in_place)


def _all_chains(installation: Installation) -> list[str]:
    work, half = OurWorkloads(installation), _SESSIONS // 2
    return [*work.chains(half), *work.chains(half, openid=True)[1:]]


def _wait_for(installation: Installation, goal: int) -> None:
    while int(str(ask(installation.settings.database_url, _REFRESHES)[0])) < goal:
        time.sleep(_LOOK_SECONDS)


def _weigh(installation: Installation) -> tuple[int, int, int]:
    """Refreshes so far, bytes of the table, bytes of its indexes."""
    url = installation.settings.database_url
    ask(url, "VACUUM sessions")
    done, (heap, indexes) = ask(url, _REFRESHES)[0], ask(url, _SIZES)
    return int(str(done)), int(str(heap)), int(str(indexes))


def _finish(running: Running, target: Target, workload: Workload) -> None:
    outcome = running.finish()
    check(target, workload, outcome)


def _verdict(weights: Sequence[tuple[int, int, int]], in_place: object) -> Verdict:
    header = ("refreshes", "table KiB", "indexes KiB")
    rows = [(f"{done}", f"{heap // 1024}", f"{index // 1024}") for done, heap, index in weights]
    (_, _, first_index), (_, settled, _), (_, heap, index) = weights
    return Verdict(
        [header, *rows],
        [
            (
                heap <= settled,
                f"the table went from {settled} to {heap} bytes after the first 10 %",
            ),
            (index <= first_index, f"the indexes went from {first_index} to {index} bytes"),
            (float(str(in_place)) > 95, f"{in_place:.1f} % of the updates were in place (HOT)"),
        ],
    )
