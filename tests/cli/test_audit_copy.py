"""The script of docs/operations/audit.md that keeps a copy elsewhere, as it stands there."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from authserver.actor import Actor
from authserver.audit.chain import AuditChain
from authserver.audit.events import Event
from authserver.audit.service import AuditService
from authserver.storage.db import Database

DOCUMENT = Path(__file__).parents[2] / "docs" / "operations" / "audit.md"
[SCRIPT] = re.findall(r"```sh\n(set -eu\n.*?)```", DOCUMENT.read_text(), re.DOTALL)


@pytest.fixture
def keep_copy(environment, tmp_path):
    """Run it once; its exit code."""
    command = tmp_path / "authserver"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m authserver "$@"\n')
    command.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"

    def run() -> int:
        return subprocess.run(
            ["sh", "-c", SCRIPT], cwd=tmp_path, env=environment | {"PATH": path}, timeout=60
        ).returncode

    return run


@pytest.fixture
def copied(tmp_path):
    return lambda: [json.loads(line) for line in (tmp_path / "copy.jsonl").open()]


@pytest.fixture
def sealed(services):
    """Record so many events, and seal them."""

    def sealed(count: int) -> None:
        for _ in range(count):
            services.get(AuditService).record_alone(Event.ROLE_CREATED, Actor("user", "ada"))
        services.get(AuditChain).seal(None)

    return sealed


def test_each_event_is_copied_once(keep_copy, copied, sealed, services):
    keep_copy()
    for count in (3, 2):
        sealed(count)
        assert keep_copy() == 0

    assert keep_copy() == 0

    with services.get(Database).transaction() as tx:
        ids = tx.scalars(text("SELECT id FROM audit_events ORDER BY seal, id")).all()
    assert [each["id"] for each in copied()] == [str(each) for each in ids]


def test_an_end_that_was_cut_off_is_not_noted_as_the_new_end(
    keep_copy, copied, sealed, services, tmp_path
):
    """Whoever cuts it off would have us forget that there was more."""
    sealed(2)
    sealed(2)
    assert keep_copy() == 0
    noted, before = (tmp_path / "seal").read_text(), copied()
    with services.get(Database).engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("DELETE FROM audit_events WHERE seal = 2"))
        connection.execute(text("DELETE FROM audit_seals WHERE number = 2"))

    assert keep_copy() == 1

    assert (tmp_path / "seal").read_text() == noted
    assert copied() == before
    [fault] = json.loads((tmp_path / "verified.json").read_text())["faults"]
    assert fault["code"] == "cut_off"
