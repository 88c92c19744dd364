"""A PostgreSQL and a Valkey of their own, which tests may stop, freeze and start again."""

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import pytest

from authserver.devservices.postgres import EmbeddedPostgres
from authserver.devservices.redis import EmbeddedValkey
from authserver.storage.prepared_connection import prepared_connector
from authserver.storage.statements import Statements

# What a request may wait for a PostgreSQL that does not answer, and what a busy machine adds.
PROMISED = 2.0
SLACK = 0.4


@pytest.fixture(scope="package")
def own_postgres() -> Iterator[EmbeddedPostgres]:
    with (
        tempfile.TemporaryDirectory(prefix="authserver-own-") as folder,
        EmbeddedPostgres(Path(folder), durable=False) as server,
    ):
        yield server


@pytest.fixture
def own_valkey() -> Iterator[EmbeddedValkey]:
    with (
        tempfile.TemporaryDirectory(prefix="authserver-own-") as folder,
        EmbeddedValkey(Path(folder)) as server,
    ):
        yield server


@pytest.fixture
def make_statements(own_postgres: EmbeddedPostgres) -> Iterator[Callable[..., Statements]]:
    """``make_statements(size)``: a pool on the server that may be stopped."""
    made: list[Statements] = []

    def make(size: int, **options: float) -> Statements:
        made.append(Statements(prepared_connector(own_postgres.url), size, **options))
        return made[-1]

    yield make
    for statements in made:
        statements.close()


@pytest.fixture
def frozen() -> Callable[[int], AbstractContextManager[None]]:
    """``with frozen(pid)``: the process and its children do not run, and do not go away either."""

    @contextmanager
    def freeze(pid: int) -> Iterator[None]:
        pids = family(pid)
        for each in pids:
            os.kill(each, signal.SIGSTOP)
        try:
            yield
        finally:
            for each in pids:
                with suppress(ProcessLookupError):
                    os.kill(each, signal.SIGCONT)

    return freeze


def family(pid: int) -> list[int]:
    """A process, its children, and theirs; nobody for one that has just gone."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [pid, *(each for child in children for each in family(int(child)))]
