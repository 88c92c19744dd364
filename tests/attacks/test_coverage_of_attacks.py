"""Each row of ``attacks.tsv`` is tried by a test or waits for its feature: none is forgotten.

The tests are read, not run: the citations are the calls ``attack("CA-01", ...)`` in the source.
"""

import ast
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.attacks.rows import ATTACKS, attack, read_table

TESTS = Path(__file__).parents[1]
WAITING = {row["id"]: row["feature"] for row in read_table("waiting.tsv")}
# Where the decorator itself is made.
_NO_CITATIONS = {Path(__file__).with_name("rows.py"), Path(__file__)}


@cache
def citations() -> dict[str, list[str]]:
    """By row, the places where it is cited; what is cited and no row is among them."""
    found = defaultdict(list)
    for path in sorted(TESTS.rglob("*.py")):
        if path not in _NO_CITATIONS:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for call in _calls(tree):
                place = f"{path.relative_to(TESTS)}:{call.lineno}"
                for argument in call.args:
                    found[_written_out(argument, place)].append(place)
    return dict(found)


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) == "attack":
            yield node


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def _written_out(argument: ast.expr, place: str) -> str:
    assert isinstance(argument, ast.Constant), f"{place}: write the ids of rows out"
    return str(argument.value)


def _told(ids: set[str]) -> str:
    return "".join(f"\n{id}  {ATTACKS.get(id, {}).get('title', '')}" for id in sorted(ids))


def test_each_row_is_tried_or_waits():
    """``pytest -s`` shows how many of each family."""
    sys.stdout.write(f"\n{_table()}\n")

    forgotten = ATTACKS.keys() - citations().keys() - WAITING.keys()

    assert not forgotten, f"cite these in a test or enter them in waiting.tsv:{_told(forgotten)}"


def test_no_row_is_tried_and_waits():
    both = citations().keys() & WAITING.keys()

    assert not both, f"these are tried, take them out of waiting.tsv:{_told(both)}"


def test_only_rows_are_cited():
    unknown = citations().keys() - ATTACKS.keys()

    assert not unknown, {id: citations()[id] for id in unknown}


def test_only_rows_wait_and_each_for_something():
    assert not WAITING.keys() - ATTACKS.keys()
    assert all(WAITING.values())
    assert len(WAITING) == len(read_table("waiting.tsv"))


def test_only_tests_cite():
    """A citation on a function that is not run would try nothing."""
    idle = [
        f"{path.relative_to(TESTS)}:{node.lineno}"
        for path in sorted(TESTS.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
        and any(_cites(decorator) for decorator in node.decorator_list)
        and not (node.name.startswith("test_") and path.name.startswith("test_"))
    ]

    assert idle == []


def _cites(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and _name(decorator.func) == "attack"


@pytest.mark.parametrize("wrong", [("CA-99",), ("CA-01", "nonsense"), ()])
def test_a_citation_of_no_row_is_refused(wrong):
    with pytest.raises(ValueError, match=r"attacks\.tsv"):
        attack(*wrong)


def _table() -> str:
    """By family: its rows, those that are tried, and those that wait."""
    families = Counter(_family(id) for id in ATTACKS)
    tried = Counter(_family(id) for id in ATTACKS.keys() & citations().keys())
    waiting = Counter(_family(id) for id in WAITING)
    lines = [f"{'family':8}{'rows':>6}{'tried':>7}{'waiting':>9}"]
    lines += [
        f"{name:8}{families[name]:6}{tried[name]:7}{waiting[name]:9}" for name in sorted(families)
    ]
    lines.append(f"{'all':8}{len(ATTACKS):6}{tried.total():7}{waiting.total():9}")
    return "\n".join(lines)


def _family(id: str) -> str:
    return id.partition("-")[0]
