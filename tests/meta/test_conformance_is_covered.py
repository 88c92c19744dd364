"""The page about the conformance suite tells the truth: what it names is there and is about it."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "conformance.md"
FOLDER = ROOT / "tests" / "oauth" / "conformance"
PLANS = (
    "oidcc-basic",
    "oidcc-implicit",
    "oidcc-hybrid",
    "oidcc-formpost-basic",
    "oidcc-formpost-implicit",
    "oidcc-formpost-hybrid",
    "oidcc-config",
    "oidcc-dynamic",
    "oidcc-3rdparty-init-login",
    "oidcc-rp-initiated-logout",
    "oidcc-backchannel-rp-initiated-logout",
    "oidcc-frontchannel-rp-initiated-logout",
    "oidcc-session-management",
)
_TEST = re.compile(r"`([\w/.]+\.py)::(test_\w+)`")
_MODULE = re.compile(r"oidcc-[\w-]+")


def rows() -> list[tuple[str, str]]:
    """Each module of the page with what stands in the last column."""
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| `oidcc-")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [(row[0].strip("`"), row[-1]) for row in cells]


def named() -> list[tuple[str, Path, str]]:
    """Module, file and test; a test without a folder lies in that of the conformance tests."""
    return [
        (module, (ROOT if "/" in file else FOLDER) / file, test)
        for module, cell in rows()
        for file, test in _TEST.findall(cell)
    ]


@cache
def docstrings(path: Path) -> dict[str, str]:
    """The tests of a file, and what each says of itself."""
    return {
        node.name: ast.get_docstring(node) or ""
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_each_module_has_a_test_or_a_reason():
    assert len(rows()) > 70
    assert [module for module, cell in rows() if not cell] == []


@pytest.mark.parametrize(("module", "path", "test"), named())
def test_each_test_that_is_named_exists_and_names_the_module(module: str, path: Path, test: str):
    assert test in docstrings(path), f"{path.relative_to(ROOT)} has no {test}"
    if path.parent == FOLDER:
        assert module in _MODULE.findall(docstrings(path)[test])


def test_each_test_for_a_module_is_on_the_page():
    there = {
        (module, path, test)
        for path in FOLDER.glob("test_*.py")
        for test, said in docstrings(path).items()
        for module in _MODULE.findall(said)
    }

    assert there - set(named()) == set()


@pytest.mark.parametrize("plan", PLANS)
def test_each_plan_is_on_the_page(plan: str):
    assert f"`{plan}-certification-test-plan`" in PAGE.read_text()
