"""The numbers of the house: small functions, small files, silent packages."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "authserver"
FILES = sorted(PACKAGE.rglob("*.py"))
# One list each, in which everybody looks a thing up.
CATALOGUES = {PACKAGE / "errors.py", PACKAGE / "settings.py"}
LONGEST_FUNCTION, LONGEST_FILE = 40, 300
MEDIAN_FUNCTION = 10


def functions(path: Path) -> list[tuple[str, int]]:
    """Each function with its lines, decorators apart."""
    return [
        (f"{path.relative_to(PACKAGE)}:{node.name}", node.end_lineno - node.lineno + 1)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


ALL_FUNCTIONS = [each for path in FILES for each in functions(path)]


def test_no_function_is_too_long():
    assert [name for name, lines in ALL_FUNCTIONS if lines > LONGEST_FUNCTION] == []


def test_half_of_all_functions_are_very_short():
    lengths = sorted(lines for _, lines in ALL_FUNCTIONS)

    assert lengths[len(lengths) // 2] <= MEDIAN_FUNCTION


def test_no_file_is_too_long():
    others = [path for path in FILES if path not in CATALOGUES]
    long = [str(path) for path in others if len(path.read_text().splitlines()) > LONGEST_FILE]

    assert long == []


@pytest.mark.parametrize(
    "path",
    [path for path in FILES if path.name == "__init__.py" and path.parent != PACKAGE],
    ids=lambda path: path.parent.name,
)
def test_a_package_says_what_it_owns_and_does_nothing(path):
    module = ast.parse(path.read_text())

    assert ast.get_docstring(module)
    assert len(module.body) == 1


def test_every_module_says_what_it_is():
    silent = [str(path) for path in FILES if not ast.get_docstring(ast.parse(path.read_text()))]

    assert silent == []


def test_nothing_is_left_for_later():
    """house.md: no drawer for what has no place."""
    marks = ("TO" + "DO", "FIX" + "ME", "XX" + "X")
    found = [path.name for path in FILES if any(mark in path.read_text() for mark in marks)]

    assert found == []
    assert not {path.stem for path in FILES} & {"utils", "helpers", "common", "misc"}
