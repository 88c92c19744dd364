"""Clients written by others, run as their users run them, against a server as it is shipped."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import chromium  # noqa: F401 - a fixture

HERE = Path(__file__).parent
_INSTALL = ("ci", "--no-audit", "--no-fund", "--silent", "--prefer-offline")

# Given the address of an application's request, where the browser arrives in the end.
Visit = Callable[[str], str]


def missing(what: str) -> None:
    """What an interoperability test needs is not there: no excuse where everything must run."""
    pytest.fail(what) if os.environ.get("CI") else pytest.skip(what)


@pytest.fixture(scope="session")
def npm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all clients from npm installed, and the scripts that use them."""
    tool = shutil.which("npm")
    if tool is None or shutil.which("node") is None:
        missing("Node.js and npm are missing: install them (Debian: apt-get install nodejs npm).")
    folder = tmp_path_factory.mktemp("npm")
    shutil.copytree(HERE / "npm", folder, dirs_exist_ok=True)
    subprocess.run([str(tool), *_INSTALL], cwd=folder, check=True, timeout=180)
    return folder


class NodeApplication:
    """A script of ours on a library of others; the test is the browser that it sends around."""

    def __init__(self, folder: Path, script: str) -> None:
        self._folder = folder
        self._script = script

    def run(self, visit: Visit | None = None, **config: Any) -> Any:
        """What the scenario tells at its end. Raises AssertionError with what the script said."""
        process = subprocess.Popen(
            ["node", self._script, json.dumps(config)],
            cwd=self._folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            assert process.stdin
            assert process.stdout
            assert process.stderr
            try:
                for line in process.stdout:
                    said = json.loads(line)
                    if "done" in said:
                        return said["done"]
                    assert visit is not None
                    process.stdin.write(visit(said["visit"]) + "\n")
                    process.stdin.flush()
            finally:
                process.kill()
            raise AssertionError(process.stderr.read())
