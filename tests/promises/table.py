"""R7: the rows of docs/operations/failures.md, each with the tests that prove it."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.live_server import ROOT

PAGE = ROOT / "docs" / "operations" / "failures.md"
_CITED = re.compile(r"`(test_\w+)(?:::(test_\w+))?`")


def rows() -> dict[str, list[tuple[str, str]]]:
    """By what fails: file and function of each proof; no function means all of the file."""
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("|")][2:]
    cells = [line.strip("|").split("|") for line in lines]
    return {row[0].strip(): _CITED.findall(row[-1]) for row in cells}


def prove() -> dict[str, bool]:
    """By what fails, whether all of its proofs passed; each is run once."""
    files = sorted({f"tests/failure/{name}.py" for found in rows().values() for name, _ in found})
    passed = _run(files)
    return {
        row: all(_holds(passed, name, function) for name, function in found)
        for row, found in rows().items()
    }


def _holds(passed: dict[tuple[str, str], bool], name: str, function: str) -> bool:
    found = [
        ok
        for (file, test), ok in passed.items()
        if file == name and function in ("", test.partition("[")[0])
    ]
    return bool(found) and all(found)


def _run(files: list[str]) -> dict[tuple[str, str], bool]:
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        options = ["-q", "-n", "auto", "--dist", "loadfile", f"--junitxml={report}"]
        command = [sys.executable, "-m", "pytest", *options, *files]
        subprocess.run(command, cwd=ROOT, check=False)
        cases = ElementTree.parse(report).iter("testcase")  # noqa: S314 - pytest wrote it
        return {_name(case): not _went_wrong(case) for case in cases}


def _name(case: ElementTree.Element) -> tuple[str, str]:
    return str(case.get("classname")).rpartition(".")[2], str(case.get("name"))


def _went_wrong(case: ElementTree.Element) -> bool:
    return any(case.find(kind) is not None for kind in ("failure", "error", "skipped"))
