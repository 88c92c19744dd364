"""docs/operations/failures.md says what fails how: each row is proven, and each proof has a row."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "operations" / "failures.md"
PROOFS = ROOT / "tests" / "failure"
_CITED = re.compile(r"`(test_\w+)(?:::(test_\w+))?`")


def rows() -> list[list[str]]:
    """The cells of each row, without the head of the table."""
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def proofs(row: list[str]) -> list[tuple[str, str]]:
    """File and function; the function is empty where the whole file is meant."""
    return _CITED.findall(row[-1])


@cache
def functions(name: str) -> set[str]:
    tree = ast.parse((PROOFS / f"{name}.py").read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_each_row_is_proven_by_tests_that_exist(row: list[str]) -> None:
    found = proofs(row)

    assert len(row) == 5
    assert found
    assert [name for name, _ in found if not (PROOFS / f"{name}.py").exists()] == []
    assert [one for name, one in found if one and one not in functions(name)] == []


def test_each_file_of_proofs_has_a_row() -> None:
    cited = {name for row in rows() for name, _ in proofs(row)}

    assert {path.stem for path in PROOFS.glob("test_*.py")} - cited == set()
