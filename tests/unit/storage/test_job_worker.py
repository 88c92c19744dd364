"""What the worker's log says of errors that nobody is there to take any more."""

import asyncio
import gc

import pytest
from procrastinate.exceptions import ConnectorException
from structlog.testing import capture_logs

from authserver.storage.job_worker import JobWorker


@pytest.fixture
def lines_of(monkeypatch, caplog):
    """``lines_of(error)``: what is logged when a job that nobody waits for ends with it."""

    def lines_of(error: Exception) -> tuple[list[str], str]:
        async def fail() -> None:
            raise error

        async def session(self, told_to_end: asyncio.Event, *, wait: bool) -> None:
            _ = asyncio.create_task(fail())
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            del _
            gc.collect()
            told_to_end.set()

        monkeypatch.setattr(JobWorker, "_session", session)
        with capture_logs() as lines:
            JobWorker("postgresql://localhost/none", ()).run()
        return [line["event"] for line in lines], caplog.text

    return lines_of


def test_a_job_whose_end_a_lost_database_could_not_note_is_one_line(lines_of):
    """CWE-779: PostgreSQL is away, and each job that ends meanwhile would leave a stack."""
    events, told_by_asyncio = lines_of(ConnectorException())

    assert events == ["worker.started", "job.not_noted", "worker.stopped"]
    assert told_by_asyncio == ""


def test_other_errors_are_told_in_full(lines_of):
    events, told_by_asyncio = lines_of(ZeroDivisionError("of a bug"))

    assert events == ["worker.started", "worker.stopped"]
    assert "ZeroDivisionError: of a bug" in told_by_asyncio
