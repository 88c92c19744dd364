"""The results of a run: as a value that is kept, and as tables."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.rounds import Cell
from benchmarks.storm import Storm
from benchmarks.workload import Sample, Target, median
from benchmarks.wrk import BenchError

# Of a target: {"memory": MiB, "workloads": {name: figures}, "storm": figures}.
Results = dict[str, Any]

_HEADER = (
    "workload",
    "req/s",
    "p50 ms",
    "p99 ms",
    "server us",
    "postgres us",
    "valkey us",
    "CPU us/req",
    "errors",
)


def results_of(target: Target, samples: Mapping[Cell, Sequence[Sample]]) -> Results:
    """The medians of a target, and how much memory its largest process needs now."""
    return {
        "memory": round(target.families["server"].largest(), 1),
        "workloads": {
            cell.workload.name: median(found).as_dict()
            for cell, found in samples.items()
            if cell.target is target
        },
    }


def storm_figures(storms: Sequence[Storm]) -> dict[str, float]:
    """The medians, which are of whole rounds here: by the rate of the tokens."""
    middle = sorted(storms, key=lambda storm: storm.tokens)[len(storms) // 2]
    return {name: round(value, 2) for name, value in vars(middle).items()}


def save(path: Path, results: Results) -> None:
    path.write_text(json.dumps(results, indent=2) + "\n")


def load(path: Path) -> Results:
    """Raises :class:`BenchError`."""
    try:
        found: Results = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise BenchError(f"{path} cannot be read: {error}") from error
    if "targets" not in found:
        raise BenchError(f"{path} does not hold the results of a run.")
    return found


def show(results: Results) -> str:
    """The tables of a run."""
    about = [f"{name}: {value}" for name, value in results["about"].items()]
    tables = [_target(name, found) for name, found in results["targets"].items()]
    return "\n\n".join(["\n".join(about), *tables])


def table(rows: Sequence[Sequence[str]]) -> str:
    """Columns, the first to the left and the others to the right; the first row is the header."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(_aligned(row, widths)).rstrip() for row in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def _aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    first, *others = [*zip(row, widths, strict=True)]
    return [first[0].ljust(first[1]), *(text.rjust(width) for text, width in others)]


def _target(name: str, found: Results) -> str:
    rows = [_row(workload, figures) for workload, figures in found["workloads"].items()]
    parts = [f"== {name} ==", table([_HEADER, *rows])] if rows else [f"== {name} =="]
    parts.append(f"memory (PSS of the largest process): {found['memory']} MiB")
    if "storm" in found:
        storm = found["storm"]
        parts.append(
            f"login storm: {storm['logins']} logins/s ({storm['refused']}/s refused for a while); "
            f"beside it {storm['tokens']} client_credentials/s, "
            f"p50 {storm['p50']} ms, p99 {storm['p99']} ms"
        )
    return "\n".join(parts)


def _row(workload: str, figures: Mapping[str, float]) -> tuple[str, ...]:
    return (
        workload,
        f"{figures['rate']:.0f}",
        f"{figures['p50']:.2f}",
        f"{figures['p99']:.2f}",
        f"{figures['server']:.0f}",
        f"{figures['postgres']:.0f}",
        f"{figures['valkey']:.0f}",
        f"{figures['cpu']:.0f}",
        f"{figures['errors']:.0f}",
    )
