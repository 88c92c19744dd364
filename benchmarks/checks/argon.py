"""How much of what a login costs is the hash of the password?"""

import statistics
import subprocess
import sys

from benchmarks.bench import Wishes, our_target, running_ours, tell
from benchmarks.checks.verdict import Verdict
from benchmarks.cores import pinned_to
from benchmarks.machine import Machine, running_machine
from benchmarks.meter import wait_until_idle
from benchmarks.workload import measure, median
from benchmarks.wrk import BenchError

_LEAST_SHARE = 0.8
# One thread, the parameters of the server, and nothing else in the process.
_ALONE = """
import sys, time
from argon2 import PasswordHasher
memory, passes, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
hasher = PasswordHasher(time_cost=passes, memory_cost=memory, parallelism=1)
encoded, count = hasher.hash("a password"), 0
began, used = time.perf_counter(), time.process_time()
while time.perf_counter() - began < seconds:
    hasher.verify(encoded, "a password")
    count += 1
print(count / (time.perf_counter() - began), (time.process_time() - used) / count * 1e6)
"""


def check_argon(wishes: Wishes) -> Verdict:
    """Logins beside the hash by itself, in turn, on the core of the servers."""
    plan = wishes.plan
    with running_machine() as machine, running_ours(machine, wishes) as installation:
        target = our_target(installation, wishes.server)
        settings, workload = installation.settings, target.workloads["password"]
        cost = (settings.password_hash_memory, settings.password_hash_iterations)
        logins, hashes = [], []
        for number in range(plan.rounds):
            tell(f"round {number + 1} of {plan.rounds}")
            wait_until_idle(target.families)
            hashes.append(_alone(machine, *cost, plan.seconds))
            logins.append(measure(target, workload, machine.folder, plan.connections, plan.seconds))
    login = median(logins)
    rate, cpu = (statistics.median(figures) for figures in zip(*hashes, strict=True))
    share = cpu / login.cpu
    return Verdict(
        [
            ("", "a second", "CPU us each"),
            ("Argon2id alone", f"{rate:.1f}", f"{cpu:.0f}"),
            ("logins", f"{login.rate:.1f}", f"{login.cpu:.0f}"),
        ],
        [
            (share >= _LEAST_SHARE, f"{share:.0%} of a login's processor time is its hash"),
            (
                login.rate >= _LEAST_SHARE * rate,
                f"{login.rate / rate:.0%} as many logins a second as hashes",
            ),
        ],
    )


def _alone(machine: Machine, memory: int, passes: int, seconds: float) -> tuple[float, float]:
    """Hashes a second, and microseconds of processor time for each."""
    command = [sys.executable, "-c", _ALONE, str(memory), str(passes), str(seconds)]
    with pinned_to(machine.cores.servers):
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise BenchError(f"Argon2 fails: {done.stderr}")
    rate, cpu = map(float, done.stdout.split())
    return rate, cpu
