"""Logins without pause, and what they do to a service that wants tokens meanwhile."""

import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.installation import Installation
from benchmarks.meter import wait_until_idle
from benchmarks.our_workloads import OurWorkloads
from benchmarks.workload import Target, check, replay, shots_of
from benchmarks.wrk import Running

LOGINS = 48
_SETTLED_SECONDS = 0.3
_UNAVAILABLE = 503


@dataclass(frozen=True)
class Storm:
    """Rates a second, and times in ms. Refused logins were told to come again later."""

    logins: float
    refused: float
    tokens: float
    p50: float
    p99: float


def rage(
    target: Target, installation: Installation, folder: Path, connections: int, seconds: float
) -> Storm:
    """One round. Raises :class:`BenchError` for any answer but tokens and refused logins."""
    work = OurWorkloads(installation)
    logins = replay("storm", lambda _: work.logins(), '"refresh_token"', refusal=_UNAVAILABLE)
    beside = work.table()["client_credentials ES256"]
    storm_shots = shots_of(logins, folder, LOGINS, seconds)
    beside_shots = shots_of(beside, folder, connections, seconds)
    wait_until_idle(target.families)
    storm = Running(target.base, storm_shots)
    try:
        time.sleep(_SETTLED_SECONDS)
        calm = Running(target.base, beside_shots)
        try:
            time.sleep(seconds)
            tokens = calm.finish()
        finally:
            calm.kill()
        outcome = storm.finish()
    finally:
        storm.kill()
    check(target, logins, outcome)
    check(target, beside, tokens)
    return Storm(
        logins=outcome.rate,
        refused=outcome.refused / outcome.seconds,
        tokens=tokens.rate,
        p50=tokens.p50,
        p99=tokens.p99,
    )
