"""/api/audit over HTTP."""

from uuid import UUID

import pytest

from authserver.actor import SYSTEM, Actor
from authserver.audit.events import Event
from authserver.audit.service import AuditService
from authserver.ids import new_id


@pytest.fixture
def headers(bearer, admin_token):
    return bearer(admin_token)


@pytest.fixture
def record(services):
    """Records an event."""
    return services.get(AuditService).record_alone


def names(answer) -> list[str]:
    return [item["event"] for item in answer.json["items"]]


def test_the_newest_events_come_first(client, headers, record):
    record(Event.ROLE_CREATED, SYSTEM)
    record(Event.ROLE_DELETED, SYSTEM)

    answer = client.get("/api/audit?limit=2", headers=headers)

    assert names(answer) == ["role.deleted", "role.created"]


def test_an_event_tells_who_did_what_to_whom_from_where(client, headers, record):
    user_id = new_id()
    actor = Actor("user", id="somebody", address="192.0.2.1", request_id="r-1")
    record(Event.USER_DISABLED, actor, user_id=user_id, detail={"reason": "left"})

    item = client.get("/api/audit?limit=1", headers=headers).json["items"][0]

    del item["id"], item["occurred_at"]
    assert item == {
        "event": "user.disabled",
        "actor_kind": "user",
        "actor_id": "somebody",
        "user_id": str(user_id),
        "client_id": None,
        "address": "192.0.2.1",
        "request_id": "r-1",
        "detail": {"reason": "left"},
    }


def test_events_are_found_by_name(client, headers, record):
    record(Event.SIGNING_KEY_ROTATED, SYSTEM)
    record(Event.ROLE_DELETED, SYSTEM)

    answer = client.get("/api/audit?event=signing_key.rotated", headers=headers)

    assert names(answer) == ["signing_key.rotated"]


def test_events_are_found_by_user(client, headers, record):
    user_id = new_id()
    record(Event.USER_DISABLED, SYSTEM, user_id=user_id)
    record(Event.USER_DELETED, SYSTEM, user_id=new_id())

    answer = client.get(f"/api/audit?user_id={user_id}", headers=headers)

    assert names(answer) == ["user.disabled"]


def test_pages_follow_one_another_without_gap(client, headers, record):
    user_id = new_id()
    for number in range(5):
        record(Event.USER_UPDATED, SYSTEM, user_id=user_id, detail={"number": number})

    seen, query = [], {"limit": "2", "user_id": str(user_id)}
    while True:
        page = client.get("/api/audit", query_string=query, headers=headers).json
        seen += [item["detail"]["number"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = str(UUID(page["next_cursor"]))

    assert seen == [4, 3, 2, 1, 0]


@pytest.mark.parametrize(
    "query",
    [
        "event=user.invented",
        "event=",
        "user_id=1",
        "cursor=x",
        "limit=0",
        "limit=201",
        "limit=1&limit=2",
        "actor_id=a",
        "event=user.created%00",
    ],
)
def test_what_the_list_does_not_know_is_refused(client, headers, query):
    answer = client.get(f"/api/audit?{query}", headers=headers)

    assert (answer.status_code, answer.json["code"]) == (400, "invalid_request")


def test_nobody_reads_the_record_without_the_permission(client, bearer, token_of):
    reader = bearer(token_of("users:read"))

    answer = client.get("/api/audit", headers=reader)

    assert (answer.status_code, answer.json["code"]) == (403, "insufficient_permission")


def test_nobody_reads_the_record_without_a_token(client):
    assert client.get("/api/audit").status_code == 401


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nobody_changes_the_record(client, headers, method):
    assert client.open("/api/audit", method=method, json={}, headers=headers).status_code == 405
