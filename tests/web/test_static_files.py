"""Styles and scripts: kept for a year, under addresses that change with their content."""

from pathlib import Path

import pytest

from authserver.web.assets import FOLDER, asset

FILES = [path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", FILES)
def test_each_is_there_to_be_kept(client, name):
    answer = client.get(asset(name))

    assert answer.status_code == 200
    assert answer.data == (FOLDER / name).read_bytes()
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Set-Cookie" not in answer.headers


def test_the_file_of_another_version_is_not_kept(client):
    """While servers of two versions run side by side."""
    answer = client.get("/static/anotherversion/pages.css")

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "name", ["nothing.css", "../blueprint.py", "..%2fblueprint.py", "%2e%2e/guard.py", "pico/", ""]
)
def test_nothing_else_is_served(client, name):
    assert client.get(f"/static/v/{name}").status_code in (404, 400)


def test_what_others_wrote_comes_with_its_licence():
    assert "MIT License" in (Path(FOLDER) / "pico" / "LICENSE.md").read_text()
