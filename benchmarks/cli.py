"""The command line of the benchmarks; `make bench` and `make bench-compare` come here."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from authserver.devservices.errors import EmbeddedServerError
from authserver.observability.logs import configure_logs
from benchmarks.bench import Wishes, run, tables
from benchmarks.checks.argon import check_argon
from benchmarks.checks.growth import check_growth
from benchmarks.checks.memory import check_memory
from benchmarks.checks.scale import check_sessions, check_users
from benchmarks.checks.verdict import Verdict
from benchmarks.compare import compare_runs
from benchmarks.installation import Size
from benchmarks.results import load, save
from benchmarks.rounds import Plan
from benchmarks.wrk import BenchError

# The Makefile passes on its variables by their names: --ROUNDS 5.
_ANY_CASE = {"token_normalize_func": str.lower}
_OPTIONS = (
    click.option("--rounds", type=click.IntRange(1), default=3, show_default=True),
    click.option(
        "--seconds",
        type=click.FloatRange(0.1),
        default=2.0,
        show_default=True,
        help="Of one workload in one round.",
    ),
    click.option("--connections", type=click.IntRange(1, 200), default=16, show_default=True),
    click.option("--users", type=click.IntRange(10), default=10_000, show_default=True),
    click.option("--sessions", type=click.IntRange(100), default=150_000, show_default=True),
    click.option("--server", default="gunicorn", show_default=True, help="Or granian."),
    click.option("--workers", type=click.IntRange(1), default=1, show_default=True),
    click.option("--threads", type=click.IntRange(1), help="Default: that of the server."),
)


@click.group()
def main() -> None:
    """How fast the server is, and what each request costs."""
    configure_logs("WARNING", "console")


def _measuring(command: Callable[..., None]) -> Callable[..., None]:
    """A command that starts servers: its options become wishes, and what fails is told."""

    def wrapped(**given: Any) -> None:
        plan = Plan(**{name: given.pop(name) for name in ("rounds", "seconds", "connections")})
        size = Size(users=given.pop("users"), sessions=given.pop("sessions"))
        asked = ("server", "workers", "threads", "only", "peer")
        wishes = {name: given.pop(name) for name in asked if name in given}
        try:
            command(Wishes(plan=plan, size=size, **wishes), **given)
        except (BenchError, EmbeddedServerError) as error:
            raise click.ClickException(str(error)) from error

    wrapped.__name__, wrapped.__doc__ = command.__name__, command.__doc__
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


def _names(_: click.Context, __: click.Parameter, value: str | None) -> list[str]:
    return [name.strip() for name in value.split(",")] if value else []


@main.command("run", context_settings=_ANY_CASE)
@click.option("--only", callback=_names, help="Beginnings of names of workloads, by commas.")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Keep the results here.")
@click.option("--peer", type=bool, default=False, help="Measure oidc-provider as well.")
@_measuring
def run_command(wishes: Wishes, path: Path | None) -> None:
    """Measure every workload, and the storm of logins."""
    results = run(wishes)
    if path is not None:
        save(path, results)
    click.echo(tables(results))


@main.command(context_settings=_ANY_CASE)
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
def compare(a: Path, b: Path) -> None:
    """Set the results of two runs side by side."""
    try:
        click.echo(compare_runs(load(a), load(b)))
    except BenchError as error:
        raise click.ClickException(str(error)) from error


@main.command(context_settings=_ANY_CASE)
@click.option("--refreshes", type=click.IntRange(100), default=200_000, show_default=True)
@_measuring
def growth(wishes: Wishes, refreshes: int) -> None:
    """Refresh 1,000 sessions: table and indexes must not grow."""
    _tell(check_growth(wishes, refreshes))


@main.command(context_settings=_ANY_CASE)
@click.option("--requests", type=click.IntRange(100), default=500_000, show_default=True)
@_measuring
def memory(wishes: Wishes, requests: int) -> None:
    """Send a mixture of requests: the memory of a worker must not grow."""
    _tell(check_memory(wishes, requests))


@main.command(context_settings=_ANY_CASE)
@click.option("--small", type=click.IntRange(100), default=10_000, show_default=True)
@click.option("--large", type=click.IntRange(100), default=1_000_000, show_default=True)
@_measuring
def sessions(wishes: Wishes, small: int, large: int) -> None:
    """Refresh among few sessions and among many."""
    _tell(check_sessions(wishes, small, large))


@main.command(context_settings=_ANY_CASE)
@click.option("--small", type=click.IntRange(10), default=10_000, show_default=True)
@click.option("--large", type=click.IntRange(10), default=1_000_000, show_default=True)
@_measuring
def users(wishes: Wishes, small: int, large: int) -> None:
    """List users among few and among many."""
    _tell(check_users(wishes, small, large))


@main.command(context_settings=_ANY_CASE)
@_measuring
def argon(wishes: Wishes) -> None:
    """Set logins beside Argon2id alone."""
    _tell(check_argon(wishes))


def _tell(verdict: Verdict) -> None:
    click.echo(str(verdict))
    if not verdict.holds:
        raise SystemExit(1)
