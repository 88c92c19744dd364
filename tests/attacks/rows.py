"""The catalogue of attacks, and the mark by which a test says which of them it tries.

``attacks.tsv`` holds one attack a row: id, title, request, expected answer, source, flags. Each row
is cited by a test (``@attack("CA-01")``) or waits in ``waiting.tsv`` for the feature it attacks.
"""

import csv
from pathlib import Path

import pytest

_FOLDER = Path(__file__).parent


def read_table(name: str) -> list[dict[str, str]]:
    """The rows of a tab-separated file beside this one, under the names of its first line."""
    with (_FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


ATTACKS = {row["id"]: row for row in read_table("attacks.tsv")}


def attack(*ids: str) -> pytest.MarkDecorator:
    """Cite rows of the catalogue, on a function or in ``pytest.param(marks=...)``.

    The ids must be written out: the meta test reads them in the source, without importing it.
    """
    if not ids:
        raise ValueError("attack() needs at least one row of attacks.tsv, such as CA-01")
    unknown = sorted(set(ids) - ATTACKS.keys())
    if unknown:
        raise ValueError(f"attacks.tsv has no row {', '.join(unknown)}")
    return pytest.mark.attack(*ids)
