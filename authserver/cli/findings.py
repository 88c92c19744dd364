"""What a check of ``authserver doctor`` says."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What a check found, and how to mend it.

    ``mend`` is empty when there is nothing to do. If all is well nevertheless it is an advice: what
    works, and what we would do otherwise.
    """

    check: str
    ok: bool
    finding: str
    mend: str = ""

    @property
    def result(self) -> str:
        if not self.ok:
            return "WRONG"
        return "advice" if self.mend else "ok"


@dataclass(frozen=True)
class Advice:
    """What a check answers that found something to do better, and nothing wrong."""

    finding: str
    mend: str


class UnwellError(Exception):
    """A check failed: what was found, and how to mend it."""

    def __init__(self, finding: str, mend: str) -> None:
        super().__init__(finding)
        self.finding = finding
        self.mend = mend
