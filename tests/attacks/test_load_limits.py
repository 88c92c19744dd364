"""What nobody may use up: rows by requests of strangers, time of others, the log, locks.

Bodies and slow clients are tried at both servers (tests/failure/test_limits_of_both_servers.py).
"""

import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import text

from authserver.sessions.service import SessionService
from authserver.storage.base import Base
from authserver.storage.batches import BATCH
from authserver.storage.db import Database
from tests.attacks.rows import attack
from tests.support.relying_party import FORM, RelyingParty, basic
from tests.support.slow_clients import ask_beside

MANY = 20_000
_STORM = """
import logging
import structlog
from authserver.observability.logs import configure_logs

configure_logs("INFO", "json")
log = structlog.get_logger("storm")
for number in range(3000):
    log.error("request.crashed", detail="x" * 50_000, number=number)
"""


def counts(services) -> dict[str, int]:
    """How many rows each table has."""
    tables = [*Base.metadata.tables, "procrastinate_jobs"]
    with services.get(Database).transaction() as tx:
        return {name: tx.scalar(text(f"SELECT count(*) FROM {name}")) for name in tables}  # noqa: S608


@attack("DO-09")
def test_requests_of_strangers_leave_no_rows(client, services, valkey, party):
    """CVE-2025-2559: an authorization in progress is carried by the browser, not by us."""
    web = party(redirect_uris=["https://app.example/back"])
    before = counts(services)

    for number in range(100):
        address = "/oauth2/authorize?response_type=code&redirect_uri=https://app.example/back"
        sent = client.get(f"{address}&client_id={web.credentials.client_id}&state={number}")
        client.get(sent.headers["Location"])
        client.post("/oauth2/token", data=f"grant_type=password&username={number}")
        client.post("/oauth2/revoke", data="token=x")
        client.get("/oauth2/end_session")
    with Redis.from_url(valkey.url) as redis:
        keys = redis.dbsize()

    assert counts(services) == before
    assert keys < 20


@attack("DO-10")
def test_a_client_that_floods_us_leaves_the_others_their_time(make_live_server, make_client):
    """ASVS 15.4.4."""
    server, services = make_live_server(request_limit_client="20/second")
    from_factory = type(make_client)(services)
    noisy, quiet = from_factory(), from_factory()
    ended = threading.Event()
    found: list[int] = []

    def flood() -> None:
        http = server.client()
        headers = {"Content-Type": FORM, **basic(noisy.client_id, noisy.secret)}
        while not ended.is_set():
            data = "grant_type=client_credentials"
            found.append(http.post("/oauth2/token", data=data, headers=headers).status_code)

    threads = [threading.Thread(target=flood) for _ in range(4)]
    for thread in threads:
        thread.start()
    times = ask_beside(server.base, quiet, 2)
    ended.set()
    for thread in threads:
        thread.join()

    # Two processes, each of which lets 20 through at once and then 20 a second.
    assert found.count(429) > found.count(200)
    assert set(found) == {200, 429}
    assert None not in times
    assert statistics.median(seconds for seconds in times if seconds) < 0.5


@pytest.fixture
def crowd(services) -> None:
    """Many users, as an administrator of a large installation has them."""
    insert = """
        INSERT INTO users (id, email, password_hash)
        SELECT gen_random_uuid(), 'u' || n || '@example.com', 'x'
        FROM generate_series(1, :many) n"""
    with services.get(Database).transaction() as tx:
        tx.execute(text(insert), {"many": MANY})
    with services.get(Database).engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE users"))


@attack("DO-11")
@pytest.mark.parametrize(
    "query", ["limit=200", "limit=200&cursor=80000000-0000-4000-8000-000000000000"]
)
def test_a_page_of_many_users_takes_no_longer_than_one_of_few(
    client, services, crowd, admin_token, bearer, query
):
    """ASVS 15.1.3: keyset paging reads the rows of the page, wherever it begins."""
    headers = bearer(admin_token)
    client.get("/api/users?limit=1", headers=headers)
    started = time.monotonic()

    answer = client.get(f"/api/users?{query}", headers=headers)

    assert time.monotonic() - started < 0.3
    assert len(answer.json["items"]) == 200


@attack("DO-11")
@pytest.mark.parametrize("size", [201, 0, 10**9])
def test_nobody_asks_for_a_larger_page(client, admin_token, bearer, size):
    answer = client.get(f"/api/users?limit={size}", headers=bearer(admin_token))

    assert answer.status_code == 400


@attack("DO-13")
def test_a_storm_of_errors_does_not_fill_the_disk():
    """CWE-779, CVE-2025-65015: a few lines a second of one message, none of more than 8 kB."""
    root = str(Path(__file__).parents[2])
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": root}
    started = time.monotonic()

    done = subprocess.run(
        [sys.executable, "-c", _STORM], env=environment, capture_output=True, check=True, timeout=60
    )

    lines = done.stderr.splitlines()
    assert 50 <= len(lines) <= 60 * (2 + time.monotonic() - started)
    assert max(map(len, lines)) <= 8192


@pytest.fixture
def expired(services, user, party) -> Callable[[], int]:
    """Many sessions of one user that have expired; how many are left."""
    insert = """
        INSERT INTO sessions (id, user_id, client_id, secret_digest, credential_generation, scope,
                              audience, auth_time, amr, expires_at, review_at)
        SELECT gen_random_uuid(), :user, :client, '\\x00', 0, 'openid', '{}', now(), '{pwd}',
               now() - interval '1 hour', now() - interval '1 hour'
        FROM generate_series(1, :many)"""
    asked = {"user": user.id, "client": party().credentials.client_id, "many": MANY}
    with services.get(Database).transaction() as tx:
        tx.execute(text(insert), asked)

    def left() -> int:
        with services.get(Database).transaction() as tx:
            return int(tx.scalar(text("SELECT count(*) FROM sessions")))

    return left


@attack("DO-14")
def test_a_clean_up_holds_no_lock_for_long(services, expired, user, sign_in):
    """It goes in batches that commit each by itself: whoever signs in meanwhile waits for none."""
    ages: list[float] = []
    ended = threading.Event()
    watch = """
        SELECT xact_start, extract(epoch FROM clock_timestamp() - xact_start)
        FROM pg_stat_activity WHERE query LIKE '%sessions%' AND state = 'active'
          AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"""

    def look() -> None:
        oldest: dict[object, float] = {}
        with services.get(Database).engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            while not ended.is_set():
                for begun, age in connection.execute(text(watch)):
                    oldest[begun] = max(float(age), oldest.get(begun, 0))
        ages.extend(oldest.values())

    watcher = threading.Thread(target=look)
    watcher.start()
    cleaner = threading.Thread(target=services.get(SessionService).remove_dead)
    cleaner.start()
    waited = []
    while cleaner.is_alive():
        started = time.monotonic()
        sign_in(user.email, user.password)
        waited.append(time.monotonic() - started)
    ended.set()
    watcher.join()

    assert expired() == len(waited)
    assert statistics.median(ages) < 0.1
    assert statistics.median(waited) < 0.5


@attack("DO-14")
def test_a_batch_is_small(services, expired):
    """What fails in the middle takes nothing back of what was done before."""
    sessions = services.get(SessionService).sessions

    cleared = sessions.remove_expired(BATCH)

    assert cleared.removed == BATCH == 1000
    assert expired() == MANY - BATCH


def test_a_flood_is_refused_before_it_costs_a_row(make_app, make_client, services):
    """Attack DO-10 in the small: what is refused reaches neither PostgreSQL nor a key."""
    http = make_app(request_limit_client="1/hour")[0].test_client()
    party = RelyingParty(http, make_client())
    party.token(grant_type="client_credentials")
    before = counts(services)

    answers = [party.token(grant_type="client_credentials") for _ in range(20)]

    assert {answer.status_code for answer in answers} == {429}
    assert counts(services) == before
