"""/api/jobs: what waits, what failed, and trying that again."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from authserver.storage.db import Database
from authserver.storage.job_worker import JobWorker
from authserver.storage.jobs import GiveUpError, Job, JobQueue

PATH = "/api/jobs"


@pytest.fixture
def headers(admin_token: str, bearer) -> dict[str, str]:
    return bearer(admin_token)


@pytest.fixture
def leave(services) -> Callable[..., None]:
    """``leave("greet", text="hello")``: a job in the queue."""

    def leave(name: str, **arguments: object) -> None:
        with services.get(Database).transaction() as tx:
            JobQueue().enqueue(tx, name, arguments)

    return leave


@pytest.fixture
def fail(services, leave) -> Callable[..., int]:
    """``fail("greet")``: a job that was given up; its number."""

    def never(**_: object) -> None:
        raise GiveUpError("never")

    def fail(name: str, **arguments: object) -> int:
        leave(name, **arguments)
        JobWorker(services.settings.database_url, [Job(name, never)]).run_until_empty()
        with services.get(Database).transaction() as tx:
            return int(tx.scalar(text("SELECT max(id) FROM procrastinate_jobs")))

    return fail


def items(client, headers, query: str = "") -> list[dict[str, Any]]:
    answer = client.get(f"{PATH}?{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return list(answer.json["items"])


def test_a_job_that_waits_is_listed(client, headers, leave):
    leave("greet")

    (job,) = items(client, headers)

    assert (job["task"], job["status"], job["attempts"]) == ("greet", "waiting", 0)
    assert job["created_at"].endswith("Z")


def test_a_job_that_was_given_up_is_listed(client, headers, fail):
    number = fail("greet")

    (job,) = items(client, headers, "status=failed")

    assert (job["id"], job["status"], job["attempts"]) == (number, "failed", 1)


def test_what_a_job_was_told_is_not_shown(client, headers, leave):
    """A job may be told an address, or a link that opens something (CWE-200)."""
    leave("send_mail", to="una@example.com", link="https://id.example/reset#for-nobody-else")

    answer = client.get(PATH, headers=headers)

    assert "una@example.com" not in answer.text
    assert "for-nobody-else" not in answer.text


def test_whom_a_job_concerns_is_shown(client, headers, leave):
    user_id = str(uuid4())
    leave("greet", client_id="demo", user_id=user_id, link="secret")

    (job,) = items(client, headers)

    assert job["concerns"] == {"client_id": "demo", "user_id": user_id}


@pytest.mark.parametrize(
    ("query", "found"),
    [("task=greet", 1), ("task=other", 2), ("status=waiting", 3), ("status=failed", 0)],
)
def test_jobs_are_found_by_task_and_status(client, headers, leave, query, found):
    for name in ("greet", "other", "other"):
        leave(name)

    assert len(items(client, headers, query)) == found


def test_jobs_come_page_by_page_the_youngest_first(client, headers, leave):
    for _ in range(5):
        leave("greet")
    ids, cursor = [], ""

    for _ in range(3):
        page = client.get(f"{PATH}?limit=2{cursor}", headers=headers).json
        ids += [job["id"] for job in page["items"]]
        cursor = f"&cursor={page['next_cursor']}"

    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == 5
    assert page["next_cursor"] is None


@pytest.mark.parametrize("query", ["status=lost", "cursor=x", "cursor=0", "limit=201", "order=up"])
def test_what_cannot_be_asked_for_is_refused(client, headers, query):
    assert client.get(f"{PATH}?{query}", headers=headers).status_code == 400


def test_a_job_that_was_given_up_is_done_again(client, headers, fail, services):
    number = fail("greet")
    done: list[int] = []

    answer = client.post(f"{PATH}/{number}/retry", headers=headers)
    JobWorker(
        services.settings.database_url, [Job("greet", lambda: done.append(1))]
    ).run_until_empty()

    assert (answer.status_code, answer.json["status"], answer.json["attempts"]) == (
        200,
        "waiting",
        0,
    )
    assert done == [1]


def test_who_lets_a_job_be_done_again_is_recorded(client, headers, fail):
    number = fail("greet")

    client.post(f"{PATH}/{number}/retry", headers=headers)

    (event,) = client.get("/api/audit?event=job.retried", headers=headers).json["items"]
    assert event["detail"] == {"job_id": number, "task": "greet"}
    assert event["actor_kind"] == "user"


def test_a_job_that_waits_is_not_left_again(client, headers, leave):
    leave("greet")
    (job,) = items(client, headers)

    answer = client.post(f"{PATH}/{job['id']}/retry", headers=headers)

    assert (answer.status_code, answer.json["code"]) == (409, "job_not_retriable")


def test_a_round_that_another_one_has_taken_the_place_of_is_not_left_again(
    client, headers, fail, leave, services
):
    """Two of one task that comes by the clock never wait at once."""
    number = fail("remove_things")
    leave("remove_things")
    with services.get(Database).transaction() as tx:
        tx.execute(text("UPDATE procrastinate_jobs SET queueing_lock = 'remove_things'"))

    answer = client.post(f"{PATH}/{number}/retry", headers=headers)

    assert answer.status_code == 409


@pytest.mark.parametrize("number", [2**62, 2**80])
def test_a_job_that_does_not_exist_is_not_found(client, headers, number):
    answer = client.post(f"{PATH}/{number}/retry", headers=headers)

    assert (answer.status_code, answer.json["code"]) == (404, "job_not_found")


def test_who_may_only_read_lets_nothing_be_done_again(client, token_of, bearer, fail):
    """CWE-862."""
    number = fail("greet")
    headers = bearer(token_of("jobs:read"))

    read = client.get(PATH, headers=headers)
    written = client.post(f"{PATH}/{number}/retry", headers=headers)

    assert (read.status_code, written.status_code) == (200, 403)
