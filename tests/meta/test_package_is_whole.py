"""What is installed has everything that what is cloned has."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_NOT_INSTALLED = {".pyc", ".cfg"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The files of a wheel that was built from a copy of the source."""
    folder = tmp_path_factory.mktemp("source")
    for name in ("setup.cfg", "pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "authserver", folder / "authserver")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet"]
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder), "."]
    subprocess.run([*command, *options], cwd=folder, check=True, timeout=120)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        return set(wheel.namelist())


def test_a_wheel_has_all_files_of_the_source(installed):
    source = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "authserver").rglob("*")
        if path.is_file() and path.suffix not in _NOT_INSTALLED
    }

    assert source - installed == set()


def test_templates_styles_and_catalogues_are_among_them(installed):
    assert {
        "authserver/web/templates/sign_in.html",
        "authserver/web/static/pages.css",
        "authserver/web/static/pico/LICENSE.md",
        "authserver/web/translations/de/LC_MESSAGES/messages.mo",
    } <= installed
