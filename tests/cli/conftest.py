"""The real command in a process of its own, on the database that the application works on."""

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from authserver.settings import Settings, variable_name, variables
from authserver.wiring import Services
from tests.cli.development import DevelopmentServer
from tests.factories.users import PRODUCTION_HASH

COMMAND = [sys.executable, "-m", "authserver"]


@dataclass(frozen=True)
class Answer:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)

    @property
    def refusal(self) -> Any:
        """The error that a program reads; nothing else may be said."""
        assert self.out == ""
        return json.loads(self.err)


Cli = Callable[..., Answer]


@pytest.fixture
def environment(settings: Settings, services: Services) -> dict[str, str]:
    """The variables that make the settings of the application; ``services`` cleans up after it."""
    values = dataclasses.asdict(dataclasses.replace(settings, **PRODUCTION_HASH))
    return {
        variable_name(field): _text(values[field.name])
        for field in variables()
        if values[field.name] not in ("", (), [])
    }


@pytest.fixture
def cli(environment: dict[str, str], tmp_path: Path) -> Cli:
    """``cli("user", "list", stdin="...", AUTHSERVER_WORKERS="2")``, run in an empty folder."""

    def run(*arguments: str, stdin: str = "", **variables: str) -> Answer:
        given = environment | variables
        return run_command(arguments, stdin, tmp_path, given)

    return run


@pytest.fixture
def bare_cli(tmp_path: Path) -> Cli:
    """The same without any setting."""
    return lambda *arguments, stdin="", **variables: run_command(
        arguments, stdin, tmp_path, variables
    )


@pytest.fixture(scope="module")
def development_server() -> Iterator[DevelopmentServer]:
    """``authserver dev`` in an empty folder; all tests of a module share it."""
    with DevelopmentServer() as server:
        yield server


def run_command(
    arguments: tuple[str, ...],
    stdin: str,
    folder: Path,
    variables: dict[str, str],
    command: Sequence[str] = COMMAND,
) -> Answer:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [*command, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=folder,
        env=inherited | variables,
        timeout=60,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


def _text(value: Any) -> str:
    if isinstance(value, tuple | list):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
