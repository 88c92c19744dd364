"""Clients, users and sessions that are deleted while somebody uses them."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text

from authserver.sessions.service import SessionService
from authserver.storage.db import Database
from authserver.wiring import Services
from tests.factories.users import TestUser
from tests.support.first_party import FirstParty
from tests.support.relying_party import RelyingParty
from tests.support.session_rows import SessionRows

# The most rows that one statement may delete.
BATCH = 5000


@pytest.fixture
def meanwhile(services: Services) -> Callable[..., Any]:
    """``meanwhile(deletion, request, id=...)``: the answer to a request that comes just before a
    deletion is committed."""
    database = services.get(Database)

    def run(deletion: str, request: Callable[[], Any], **parameters: Any) -> Any:
        with ThreadPoolExecutor(1) as pool:
            with database.transaction() as tx:
                tx.execute(text(deletion), parameters)
                answer = pool.submit(request)
                wait_until_somebody_waits(database)
            return answer.result()

    return run


def wait_until_somebody_waits(database: Database) -> None:
    query = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with database.transaction() as tx:
            if tx.scalar(query):
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits for the deletion")


def test_a_client_that_is_deleted_during_a_sign_in_gets_no_session(
    relying_party: RelyingParty, user: TestUser, meanwhile: Callable[..., Any]
) -> None:
    answer = meanwhile(
        "DELETE FROM clients WHERE client_id = :id",
        lambda: relying_party.password(user),
        id=relying_party.credentials.client_id,
    )

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


def test_a_client_that_is_disabled_during_a_sign_in_gets_no_session(
    relying_party: RelyingParty, user: TestUser, meanwhile: Callable[..., Any]
) -> None:
    """As long as it is being deleted, no session is born."""
    client_id = relying_party.credentials.client_id

    answer = meanwhile(
        "WITH locked AS (SELECT client_id FROM clients WHERE client_id = :id FOR UPDATE) "
        "UPDATE clients c SET enabled = false FROM locked WHERE c.client_id = locked.client_id",
        lambda: relying_party.password(user),
        id=client_id,
    )

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


def test_a_user_who_is_deleted_during_a_sign_in_gets_no_session(
    relying_party: RelyingParty, user: TestUser, meanwhile: Callable[..., Any]
) -> None:
    answer = meanwhile(
        "DELETE FROM users WHERE id = :id", lambda: relying_party.password(user), id=user.id
    )

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


def test_a_user_who_is_deleted_during_a_log_in_is_refused_as_with_a_wrong_password(
    client: Any, user: TestUser, meanwhile: Callable[..., Any]
) -> None:
    answer = meanwhile(
        "DELETE FROM users WHERE id = :id", lambda: FirstParty(client).log_in(user), id=user.id
    )

    assert (answer.status_code, answer.json["code"]) == (401, "invalid_credentials")


def test_a_refresh_token_whose_session_was_cleared_away_is_refused(
    relying_party: RelyingParty, tokens: dict[str, Any], rows: SessionRows, services: Services
) -> None:
    """RFC 6749, section 5.2: as when the row says that it has ended."""
    rows.sql("UPDATE sessions SET ended_at = now() - interval '25 hours', end_reason = 'logout'")
    assert services.get(SessionService).remove_dead() == 1

    answer = relying_party.refresh(tokens["refresh_token"])

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


# Deleting who has many sessions -------------------------------------------------------------------


@pytest.fixture
def deletions(rows: SessionRows) -> Any:
    """The numbers of sessions that statements have deleted, one by one."""
    rows.sql("CREATE TABLE deletions (sessions int)")
    rows.sql(
        "CREATE FUNCTION count_deletions() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "INSERT INTO deletions SELECT count(*) FROM gone; RETURN NULL; END $$"
    )
    rows.sql(
        "CREATE TRIGGER count_deletions AFTER DELETE ON sessions REFERENCING OLD TABLE AS gone "
        "FOR EACH STATEMENT EXECUTE FUNCTION count_deletions()"
    )
    yield lambda: [row.sessions for row in rows.sql("SELECT sessions FROM deletions")]
    rows.sql("DROP TRIGGER count_deletions ON sessions")
    rows.sql("DROP FUNCTION count_deletions")
    rows.sql("DROP TABLE deletions")


@pytest.fixture
def many_sessions(tokens: dict[str, Any], rows: SessionRows) -> int:
    """How many sessions the user has at the relying party: more than a batch."""
    rows.sql(
        "INSERT INTO sessions (id, user_id, client_id, secret_digest, credential_generation, "
        "scope, audience, auth_time, amr, expires_at, ended_at) "
        "SELECT gen_random_uuid(), user_id, client_id, secret_digest, 0, scope, audience, "
        "auth_time, amr, expires_at, now() FROM sessions, generate_series(1, :count)",
        count=BATCH,
    )
    return BATCH + 1


def test_a_client_with_very_many_sessions_is_deleted_in_batches(
    client: Any,
    relying_party: RelyingParty,
    admin_token: str,
    bearer: Callable[[str], dict[str, str]],
    many_sessions: int,
    deletions: Callable[[], list[int]],
) -> None:
    """No statement may last longer than 1.8 s: one for millions would never succeed."""
    address = f"/api/clients/{relying_party.credentials.client_id}"

    answer = client.delete(address, headers=bearer(admin_token))

    assert answer.status_code == 204
    assert (sum(deletions()), max(deletions())) == (many_sessions, BATCH)
    assert client.get(address, headers=bearer(admin_token)).status_code == 404
