"""docs/operations/promises.md: what was promised, and the figures of the last run of each."""

import os
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tests.support.live_server import ROOT

PAGE = ROOT / "docs" / "operations" / "promises.md"
_HEAD = """# Promises

What this server promises, the command that shows it, and what the last run of that command found.
`make promises` runs them all (about half an hour), and writes this page; the normal tests keep each
promise for some seconds (`tests/failure`).
"""
_SECTION = re.compile(r"^## (R\d+): ", re.MULTILINE)


@dataclass(frozen=True)
class Section:
    """One promise and what became of it."""

    name: str
    promise: str
    figures: Sequence[str]
    kept: bool

    def text(self) -> str:
        verdict = "Kept" if self.kept else "**Not kept**"
        lines = "\n".join(f"- {figure}" for figure in self.figures)
        return (
            f"## {self.name}: {self.promise}\n`make promises ONLY={self.name}`\n\n"
            f"{verdict} on {date.today().isoformat()}, {_machine()}:\n{lines}\n"  # noqa: DTZ011
        )


def write(sections: Sequence[Section]) -> None:
    """Put these in the place of those of the same name; all others stay."""
    texts = _present() | {section.name: section.text() for section in sections}
    ordered = sorted(texts, key=lambda name: int(name[1:]))
    PAGE.write_text("\n".join([_HEAD, *(texts[name] for name in ordered)]))


def _present() -> dict[str, str]:
    """What the page has, by promise."""
    if not PAGE.exists():
        return {}
    text = PAGE.read_text()
    starts = [(match[1], match.start()) for match in _SECTION.finditer(text)]
    ends = [start for _, start in starts[1:]] + [len(text)]
    return {
        name: text[start:end].rstrip() + "\n"
        for (name, start), end in zip(starts, ends, strict=True)
    }


def _machine() -> str:
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {gib:.0f} GiB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}"
    )
