"""Two results side by side: of two runs, or of two servers in one run."""

from collections.abc import Iterator

from benchmarks.results import Results, table

_HEADER = ("workload", "CPU A", "CPU B", "B/A", "req/s A", "req/s B", "B/A")


def compare_runs(a: Results, b: Results) -> str:
    """For each server that is in both, what each workload costs now beside before."""
    parts = [
        f"== {name}, A and B ==\n{ratios(found, b['targets'][name])}"
        for name, found in a["targets"].items()
        if name in b["targets"]
    ]
    return "\n\n".join(parts) or "No server is in both."


def ratios(a: Results, b: Results) -> str:
    """A table of the workloads that are in both; CPU is in microseconds a request."""
    return table([_HEADER, *_rows(a["workloads"], b["workloads"])])


def _rows(a: Results, b: Results) -> Iterator[tuple[str, ...]]:
    for name, old in a.items():
        if name in b:
            new = b[name]
            yield (
                name,
                f"{old['cpu']:.0f}",
                f"{new['cpu']:.0f}",
                f"{new['cpu'] / old['cpu']:.2f}",
                f"{old['rate']:.0f}",
                f"{new['rate']:.0f}",
                f"{new['rate'] / old['rate']:.2f}",
            )
