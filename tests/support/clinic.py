"""Sound installations, of which tests make unsound ones, and ``authserver doctor`` for them."""

import contextlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg2
import pytest

from authserver.bootstrap import bootstrap
from authserver.cli.administrators import ensure_administrator
from authserver.cli.checks import CHECKS
from authserver.devservices.postgres import EmbeddedPostgres
from authserver.devservices.redis import EmbeddedValkey
from authserver.settings import Settings
from authserver.storage.connections import libpq_options
from authserver.storage.db import Database
from authserver.storage.migrations import migrate
from authserver.wiring import build
from tests.cli.conftest import COMMAND, Answer, run_command
from tests.support.live_server import ROOT

FINDINGS = {*CHECKS, "settings"}
# Loads once what the command needs; for each line, a process that is forked is the command.
_PRELOADED = """
import json, os, sys
from authserver.cli import checks
from authserver.cli.main import run
for line in sys.stdin:
    folder, variables = json.loads(line)
    if os.fork() == 0:
        os.chdir(folder)
        os.environ.update(variables)
        code = run(["doctor", "--output", "json"])
        sys.stdout.flush()
        os._exit(code)
    print(json.dumps({"code": os.waitstatus_to_exitcode(os.wait()[1])}), flush=True)
"""
_END = re.compile(r'\{"code": (\d+)\}')


class Practice:
    """``authserver doctor``, without loading it each time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PRELOADED],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def visit(self, folder: Path, variables: dict[str, str]) -> tuple[int, str]:
        """The exit code, and everything that was said."""
        asked, told = self._process.stdin, self._process.stdout
        assert asked is not None
        assert told is not None
        asked.write(json.dumps([str(folder), variables]) + "\n")
        asked.flush()
        said = ""
        while not (end := _END.search(line := told.readline())):
            assert line, said
            said += line
        return int(end[1]), said + line[: end.start()]

    def close(self) -> None:
        self._process.communicate()


@pytest.fixture(scope="session")
def practice() -> Iterator[Practice]:
    practice = Practice()
    yield practice
    practice.close()


@dataclass(frozen=True)
class Clinic:
    """A sound installation, of which a test makes an unsound one."""

    url: str
    variables: dict[str, str]
    folder: Path
    practice: Practice

    def doctor(self, *arguments: str, command: Sequence[str] = COMMAND, **changed: str) -> Answer:
        """The command as people start it."""
        variables = self.variables | changed
        return run_command(("doctor", *arguments), "", self.folder, variables, command)

    def finding(self, check: str, **changed: str) -> dict[str, Any]:
        """What the doctor says of one thing. What is wrong or to be bettered has a mend."""
        return self.findings(**changed)[check]

    def findings(self, **changed: str) -> dict[str, dict[str, Any]]:
        code, said = self.practice.visit(self.folder, self.variables | changed)
        found = {finding["check"]: finding for finding in json.loads(said)}
        assert code == (0 if all(finding["ok"] for finding in found.values()) else 1)
        assert found.keys() == (FINDINGS if found["settings"]["ok"] else {"settings"})
        assert all(finding["ok"] or finding["mend"] for finding in found.values())
        return found

    def sql(self, statement: str) -> None:
        with contextlib.closing(psycopg2.connect(**libpq_options(self.url))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)


@pytest.fixture(scope="session")
def template(folder: Path, postgres: EmbeddedPostgres) -> tuple[str, Path]:
    """A bootstrapped database with an administrator, to be copied, and the folder of its keys."""
    url, keys = postgres.create_database("healthy"), folder / "doctor" / "keys"
    migrate(url)
    services = build(Settings(issuer="http://localhost", database_url=url, keys_dir=keys))
    bootstrap(services)
    ensure_administrator(services, "admin@example.com", None)
    services.get(Database).close()
    return url, keys


@pytest.fixture
def clinic(
    template: tuple[str, Path],
    postgres: EmbeddedPostgres,
    valkey: EmbeddedValkey,
    practice: Practice,
    tmp_path: Path,
) -> Clinic:
    original, keys = template
    url = copy_of(original, postgres)
    shutil.copytree(keys, tmp_path / "keys")
    (tmp_path / "keys").chmod(0o700)
    variables = {
        "AUTHSERVER_ISSUER": "https://id.example.com",
        "AUTHSERVER_DATABASE_URL": url,
        "AUTHSERVER_REDIS_URL": valkey.url,
        "AUTHSERVER_KEYS_DIR": str(tmp_path / "keys"),
    }
    return Clinic(url, variables, tmp_path, practice)


def copy_of(original: str, postgres: EmbeddedPostgres) -> str:
    name = f"patient_{uuid4().hex[:12]}"
    with contextlib.closing(psycopg2.connect(**libpq_options(postgres.url))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name} TEMPLATE healthy")
    return original.replace("/healthy?", f"/{name}?")


def words(finding: dict[str, Any]) -> str:
    return f"{finding['result']}: {finding['finding']} {finding['mend']}"
