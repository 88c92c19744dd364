"""/api/audit over HTTP."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import text

from authserver.actor import SYSTEM, Actor
from authserver.audit.chain import AuditChain
from authserver.audit.events import Event
from authserver.audit.service import AuditService
from authserver.ids import first_id_of, new_id
from authserver.storage.db import Database


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
    actor = Actor("user", "somebody", "192.0.2.1", "r-1", "A browser")
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
        "user_agent": "A browser",
        "detail": {"reason": "left"},
        "seal": None,
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


@pytest.fixture
def seal(services):
    return services.get(AuditChain).seal


@pytest.mark.parametrize("is_sealed", [True, False], ids=["sealed", "unsealed"])
@pytest.mark.parametrize(("member", "value"), [("client_id", "web"), ("actor_id", "ada")])
def test_events_are_found_by_client_and_by_actor(
    client, headers, record, seal, member, value, is_sealed
):
    record(Event.CLIENT_UPDATED, Actor("user", "ada"), client_id="web")
    record(Event.CLIENT_DELETED, Actor("user", "una"), client_id="other")
    if is_sealed:
        seal()

    answer = client.get(f"/api/audit?{member}={value}", headers=headers)

    assert names(answer) == ["client.updated"]


def test_an_event_tells_its_seal(client, headers, record, seal):
    record(Event.ROLE_DELETED, SYSTEM)
    seal()

    item = client.get("/api/audit?event=role.deleted", headers=headers).json["items"][0]

    assert item["seal"] > 0


@pytest.fixture
def days(services):
    """Events of the first, second and third of November."""
    with services.get(Database).transaction() as tx:
        for day in (1, 2, 3):
            moment = datetime(2026, 11, day, 12, tzinfo=UTC)
            tx.execute(
                text(
                    """INSERT INTO audit_events (id, occurred_at, event, actor_kind, actor_id)
                       VALUES (:id, :at, 'role.created', 'system', :day)"""
                ),
                {"id": first_id_of(moment), "at": moment, "day": str(day)},
            )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("since=2026-11-02T00:00:00Z", ["3", "2"]),
        ("until=2026-11-02T12:00:00Z", ["1"]),
        ("until=2026-11-02T12:00:00.000001Z", ["2", "1"]),
        ("since=2026-11-02T12:00:00Z&until=2026-11-03T12:00:00Z", ["2"]),
        ("since=2026-11-02T14:00:00%2B02:00&until=2026-11-03T00:00:00Z", ["2"]),
        ("since=2026-11-02T23:00:00%2B23:00&until=2026-11-03T00:00:00Z", ["2"]),
        ("since=2026-11-01T18:00:00-18:00&until=2026-11-03T00:00:00Z", ["2"]),
        ("since=0001-01-01T00:00:00%2B14:00", ["3", "2", "1"]),
        ("until=9999-12-31T23:59:59-14:00", ["3", "2", "1"]),
        ("until=0001-01-01T00:00:00Z", []),
        ("since=9999-12-31T23:59:59Z", []),
    ],
)
def test_events_are_found_by_time(client, headers, days, query, found):
    answer = client.get(f"/api/audit?event=role.created&{query}", headers=headers)

    assert [item["actor_id"] for item in answer.json["items"]] == found


@pytest.mark.parametrize("batch", [0, 2, 5], ids=["unsealed", "partly sealed", "sealed"])
def test_pages_follow_one_another_without_gap(client, headers, record, seal, batch):
    user_id = new_id()
    for number in range(5):
        record(Event.USER_UPDATED, SYSTEM, user_id=user_id, detail={"number": number})
        if number < batch:
            seal()

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
        "actor=a",
        "client_id=",
        "actor_id=a%00",
        "since=yesterday",
        "since=2026-11-02T00:00:00",
        "until=2026-11-02",
        "since=99999-01-01T00:00:00Z",
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
