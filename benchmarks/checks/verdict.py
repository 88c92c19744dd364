"""What a check found, and whether that will do."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.results import table


@dataclass(frozen=True)
class Verdict:
    """Rows of a table, the first of which is its header, and a sentence for each limit."""

    rows: Sequence[Sequence[str]]
    limits: Sequence[tuple[bool, str]]

    @property
    def holds(self) -> bool:
        return all(held for held, _ in self.limits)

    def __str__(self) -> str:
        sentences = [f"{'holds' if held else 'MISSED'}: {text}" for held, text in self.limits]
        return "\n".join([table(self.rows), "", *sentences])
