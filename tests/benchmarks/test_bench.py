"""The benchmarks, with tiny settings: they measure what they say, and do not rot."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from benchmarks.bench import Wishes, measure_all, our_target, running_ours, tables
from benchmarks.compare import compare_runs
from benchmarks.installation import Installation, Size
from benchmarks.machine import Machine, running_machine
from benchmarks.meter import Family
from benchmarks.our_workloads import OurWorkloads
from benchmarks.results import Results, load, save
from benchmarks.rounds import Plan
from benchmarks.seeds import ask
from benchmarks.workload import Workload, measure, replay, shots_of
from benchmarks.wrk import BenchError, shoot

SECONDS = 0.3
ONLY = ["client_credentials ES256", "refresh", "userinfo", "code + PKCE", "list users"]
WISHES = Wishes(
    plan=Plan(rounds=1, seconds=SECONDS, connections=4),
    size=Size(users=50, sessions=6000),
    server="gunicorn",
    workers=1,
    threads=8,
    only=ONLY,
)


class Run(NamedTuple):
    """What ran, and is still running."""

    machine: Machine
    installation: Installation
    results: Results

    @property
    def workloads(self) -> dict[str, dict[str, float]]:
        found: dict[str, dict[str, float]] = self.results["targets"]["authserver (gunicorn)"][
            "workloads"
        ]
        return found


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    with running_machine() as machine, running_ours(machine, WISHES) as installation:
        yield Run(machine, installation, measure_all(machine, installation, WISHES))


def test_each_workload_that_was_asked_for_has_been_measured(run: Run) -> None:
    measured = list(run.workloads)

    assert measured == [
        "client_credentials ES256",
        "refresh",
        "refresh + ID token",
        "userinfo",
        "code + PKCE + ID token",
        "list users",
    ]


def test_each_request_costs_time_and_none_fails(run: Run) -> None:
    for name, figures in run.workloads.items():
        assert figures["errors"] == 0, name
        assert figures["server"] > 50, name
        assert figures["p99"] >= figures["p50"] > 0, name


def test_what_asks_postgresql_costs_time_there(run: Run) -> None:
    assert run.workloads["refresh"]["postgres"] > 50
    assert run.workloads["client_credentials ES256"]["postgres"] < 50


def test_refreshes_follow_real_chains_of_rotations(run: Run) -> None:
    """What the generator counts is what PostgreSQL has rotated, but for what was under way."""
    url, connections = run.installation.settings.database_url, 4
    rotated = "SELECT sum(generation) FROM sessions"
    work = OurWorkloads(run.installation)
    chains = Workload("few", "chains", lambda _: work.chains(8))
    before = ask(url, rotated)[0]

    outcome = shoot(
        run.installation.base,
        shots_of(chains, run.machine.folder, connections, SECONDS),
        SECONDS,
    )

    done = ask(url, rotated)[0] - before
    assert outcome.errors == 0
    assert outcome.units <= done <= outcome.units + connections
    assert ask(url, "SELECT max(generation) FROM sessions")[0] >= 2


def test_an_answer_that_is_not_as_it_should_be_fails_the_run(run: Run) -> None:
    wrong = replay(
        "wrong",
        lambda _: [f"GET /nowhere HTTP/1.1\r\nHost: {run.installation.host}\r\n\r\n"],
        "anything",
    )

    with pytest.raises(BenchError, match="The first: 404"):
        measure(our_target(run.installation, "gunicorn"), wrong, run.machine.folder, 2, SECONDS)


def test_results_are_shown_kept_and_compared(run: Run, tmp_path) -> None:
    kept = tmp_path / "a.json"
    save(kept, run.results)

    told = compare_runs(load(kept), run.results)

    assert "refresh + ID token" in tables(run.results)
    assert "1.00" in told


def test_the_time_of_children_counts_when_they_have_ended() -> None:
    family = Family(os.getpid())
    before = family.cpu()

    subprocess.run([sys.executable, "-c", "sum(range(5_000_000))"], check=True)

    assert family.cpu() - before > 40_000
