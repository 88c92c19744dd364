"""How each promise is kept, quickly or for long: its figures in words, and whether it was kept."""

import shutil
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path

from tests.promises import floods, kills, malformed, once, revocation, rotation
from tests.promises.table import prove
from tests.support.live_server import ROOT
from tests.support.mortal import installed

_OUTAGE = {"503 with Retry-After"}
_CUT_OFF = {"broken connection", "refused connection"}
Figures = tuple[list[str], bool]


def exactly_once(quick: bool) -> Figures:
    rounds = 10 if quick else 200
    with installed(refresh_leeway=0) as installation:
        strict = once.spend(installation, rounds)
    with installed() as installation:
        lenient = once.spend(installation, rounds)
    kept = set(strict.served) <= {0, 1} and set(lenient.successors) == {1}
    kept = kept and not {status for status in strict.others + lenient.others if status >= 500}
    how = f"{rounds} rounds of {once.PARALLEL} at once on two processes"
    return [
        f"{how}, without leeway: served were {_counted(strict.served)}, all others refused",
        f"{how}, with the usual leeway: different successors were {_counted(lenient.successors)}",
    ], kept


@cache
def _killed(quick: bool) -> kills.Outcome:
    """One run shows both."""
    with installed(**kills.SETTINGS) as installation:
        return kills.kill_everything(installation, rounds=1 if quick else 10)


def nothing_lost(quick: bool) -> Figures:
    outcome = _killed(quick)
    rounds = len(outcome.kills) // 3
    sent = f"{outcome.requests} requests in {outcome.seconds:.0f} s"
    lost = f"{outcome.lost_sessions} of {outcome.sessions} acknowledged sessions were lost"
    lines = [
        f"{sent}; PostgreSQL, Valkey and a worker process were killed {rounds} times each",
        f"{lost}, {outcome.double_spent} refresh tokens were spent twice",
    ]
    lines += [f"{name} killed: {_said(outcome, name)}" for name in _NAMES]
    kept = outcome.lost_sessions == outcome.double_spent == 0
    kept = kept and outcome.errors("PostgreSQL").keys() <= _OUTAGE
    kept = kept and not outcome.errors("Valkey")
    return lines, kept and outcome.errors("a worker").keys() <= _CUT_OFF | _OUTAGE


_NAMES = ("PostgreSQL", "Valkey", "a worker")


def recovery(quick: bool) -> Figures:
    outcome = _killed(quick)
    lines = []
    for name in _NAMES:
        killed = [kill for kill in outcome.kills if kill.name == name]
        refusal = max(kill.slowest_refusal for kill in killed)
        seconds = outcome.worst_recovery(name)
        last = f"no success until {seconds:.2f} s" if seconds else "nothing but success"
        lines.append(
            f"{name} killed, {len(killed)} times: {last} after the return, at worst; "
            f"the slowest refusal took {refusal:.2f} s"
        )
    return lines, all(kill.recovery < 1 for kill in outcome.kills)


def malformed_requests(quick: bool) -> Figures:
    number = int(time.time())
    with installed(**malformed.SETTINGS) as installation:
        found = malformed.fuzz(installation, 3000 if quick else 100_000, number)
    statuses = ", ".join(f"{count} x {status}" for status, count in sorted(found.statuses.items()))
    memory = ", ".join(f"{one:.0f}" for one in found.memory)
    sent = f"{found.requests} requests in {found.seconds:.0f} s"
    makers = "by schemathesis from our OpenAPI document, and from whole requests by damage to them"
    lines = [
        f"{sent}, made {makers} (number {number})",
        f"{found.failed} answers of 5xx or none; the slowest took {found.slowest:.2f} s",
        f"by status: {statuses}",
        f"memory of the largest process after each fifth: {memory} MiB",
        *found.faults,
    ]
    return lines, not found.faults and found.memory[-1] < found.memory[0] * 1.15


def failure_table(quick: bool) -> Figures:
    proofs = prove()
    failed = [name for name, passed in proofs.items() if not passed]
    passed = f"{len(proofs) - len(failed)} of {len(proofs)}"
    lines = [f"{passed} rows of [what fails how](failures.md) hold"]
    return lines + [f"failed: {name}" for name in failed], not failed


def key_rotation(quick: bool) -> Figures:
    max_age, rotations = (5, 1) if quick else (300, 2)
    with tempfile.TemporaryDirectory() as folder, installed(jwks_max_age=max_age) as installation:
        node = _with_jose(Path(folder))
        found = rotation.rotate_under_load(installation, node, rotations, max_age)
    counts = ", ".join(f"{name} {count}" for name, count in found.counts.items())
    lines = [
        f"{rotations} rotations, JWKS kept for {max_age} s, {len(found.kids)} keys signed",
        f"tokens verified: {counts}; {len(found.failures)} of them in vain",
    ]
    return lines + found.failures[:10], not found.failures and len(found.kids) > rotations


def _with_jose(folder: Path) -> Path:
    shutil.copytree(ROOT / "tests" / "interop" / "npm", folder, dirs_exist_ok=True)
    command = ["npm", "ci", "--no-audit", "--no-fund", "--silent", "--prefer-offline"]
    subprocess.run(command, cwd=folder, check=True)
    return folder


def no_starving(quick: bool) -> Figures:
    with installed(threads=16) as installation:
        found = floods.measure(installation, 3 if quick else 20)
    lines = [
        f"beside {name}: median {median * 1000:.0f} ms, 99th percentile {last * 1000:.0f} ms, "
        f"{failed} of {count} failed"
        for name, (median, last, count, failed) in found.items()
    ]
    return lines, all(not failed and last < 1 for _, last, _, failed in found.values())


def revoked_at_once(quick: bool) -> Figures:
    rounds = 5 if quick else 100
    with installed() as installation:
        told = revocation.longest_lives(installation, rounds)
        installation.valkey.kill()
        untold = revocation.longest_lives(installation, max(3, rounds // 5))
    where = "introspection and userinfo of two processes that had both answered for the token"
    lines = [f"asked for at {where}"]
    for how, found in (("with", told), ("without", untold)):
        late = sum(one > 0 for one in found)
        last = f"the last {max(found) * 1000:.0f} ms later"
        lines.append(f"{how} Redis: after {late} of {len(found)} a good answer came, {last}")
    return lines, max(told + untold) < 1


def _counted(found: dict[int, int]) -> str:
    return ", ".join(f"{number} in {count} rounds" for number, count in sorted(found.items()))


def _said(outcome: kills.Outcome, name: str) -> str:
    errors = outcome.errors(name)
    return ", ".join(f"{count} x {what}" for what, count in errors.items()) or "no error"
