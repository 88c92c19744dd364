"""``authserver jobs``."""

from sqlalchemy import text

from authserver.storage.db import Database
from authserver.storage.jobs import JobQueue
from authserver.wiring import Services
from tests.cli.conftest import Cli


def leave(services: Services, status: str) -> int:
    """A job of this status; its number."""
    with services.get(Database).transaction() as tx:
        JobQueue().enqueue(tx, "greet", {"client_id": "demo"})
        change = f"UPDATE procrastinate_jobs SET status = '{status}' RETURNING id"  # noqa: S608
        return int(tx.scalar(text(change)))


def test_jobs_that_were_given_up_are_listed_and_tried_again(cli: Cli, services: Services) -> None:
    number = leave(services, "failed")

    (listed,) = cli("jobs", "list", "--status", "failed", "--output", "json").json
    again = cli("jobs", "retry", str(number), "--output", "json").json

    assert (listed["id"], listed["concerns"]) == (number, {"client_id": "demo"})
    assert (again["status"], again["attempts"]) == ("waiting", 0)


def test_a_job_that_waits_is_not_tried_again(cli: Cli, services: Services) -> None:
    number = leave(services, "todo")

    answer = cli("jobs", "retry", str(number), "--output", "json")

    assert answer.code == 1
    assert answer.refusal["code"] == "job_not_retriable"
