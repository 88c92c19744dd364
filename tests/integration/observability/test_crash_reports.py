"""Crashes of a live server as an error tracker receives them: what mends them, and nothing else.

They are provoked as they come about: by a row of which the code knows nothing.
"""

import json
import re
import signal
import time
from uuid import uuid4

import pytest
from sqlalchemy import text

from authserver import __version__
from authserver.sessions.logout_notices import BACK_CHANNEL_LOGOUT
from authserver.storage.db import Database
from authserver.storage.jobs import JobQueue
from tests.factories.clients import ClientFactory
from tests.factories.users import UserFactory
from tests.support.authorizations import VERIFIER, challenge_of
from tests.support.live_server import running_server
from tests.support.relying_party import RelyingParty, bearer
from tests.support.sentry_endpoint import KEY, SentryEndpoint
from tests.support.worker_process import WorkerProcess

# Whatever its type promises, a column of JSON takes any.
BREAK = "UPDATE clients SET metadata = '[\"hush-hush\"]' WHERE client_id = :id"
QUERY = "state=query-not-to-be-seen"


@pytest.fixture
def lone_sentry():
    """An endpoint of its own, for what is counted, or held up."""
    with SentryEndpoint() as sentry:
        yield sentry


@pytest.fixture(scope="module")
def sentry():
    with SentryEndpoint() as sentry:
        yield sentry


@pytest.fixture(scope="module")
def serve(folder, postgres, valkey):
    """``serve(sentry, program="granian")``: a server that tells of its crashes."""
    return lambda sentry, **more: running_server(
        *(folder, postgres, valkey),
        **{"sentry_dsn": sentry.dsn, "telemetry_environment": "staging"} | more,
    )


@pytest.fixture(scope="module")
def running(serve, sentry):
    with serve(sentry) as (server, services):
        yield server, services


def broken_party(server, services) -> RelyingParty:
    """A client whose row is not as it should be."""
    party = RelyingParty(server.client(), ClientFactory(services)())
    with services.get(Database).transaction() as tx:
        tx.execute(text(BREAK), {"id": party.credentials.client_id})
    return party


def crash(server, services, **headers: str):
    """An introspection that crashes, and the client that made it."""
    party = broken_party(server, services)
    form = {"token": "token-not-to-be-seen"}
    cookie = {"Cookie": "authserver_session=cookie-not-to-be-seen", "X-Request-ID": "our-request"}
    answer = party.post("/oauth2/introspect", form, **cookie | headers)
    assert answer.status_code == 500, answer.text
    return answer, party


def event_of(answer, sentry):
    """The event of which the caller was told."""
    (error_id,) = re.findall(r"\b[0-9a-f]{32}\b", answer.text)
    return sentry.wait_for_event(error_id)


@pytest.mark.parametrize("program", ["gunicorn", "granian"])
def test_the_caller_is_told_the_id_of_the_event(serve, lone_sentry, program):
    with serve(lone_sentry, program=program) as (server, services):
        answer, _ = crash(server, services)
        (post,) = lone_sentry.wait_for(lambda posted: bool(posted))

    (event,) = lone_sentry.events()
    assert event["event_id"] in answer.json["error_description"]
    assert KEY in post.headers["x-sentry-auth"]


def test_an_event_says_what_a_developer_needs(running, sentry):
    answer, _ = crash(*running)

    event = event_of(answer, sentry)

    (exception,) = event["exception"]["values"]
    assert (exception["type"], event["level"]) == ("AttributeError", "error")
    last = exception["stacktrace"]["frames"][-1]
    assert last["module"] == "authserver.clients.repository"
    assert (event["release"], event["environment"]) == (f"authserver@{__version__}", "staging")
    assert event["tags"] == {"event": "request.crashed", "request_id": "our-request"}


def test_nothing_of_the_request_nor_of_the_row_is_in_it(running, sentry):
    """ASVS 16.2.5: no body, no cookie, no header, no query, no variable, no text of an error."""
    answer, party = crash(*running)

    event = event_of(answer, sentry)

    assert "not-to-be-seen" not in sentry.raw
    assert "hush-hush" not in sentry.raw
    assert party.credentials.secret not in sentry.raw
    assert party.credentials.client_id not in sentry.raw
    assert event.keys() <= {
        *("event_id", "timestamp", "platform", "level", "release", "environment", "server_name"),
        *("sdk", "tags", "contexts", "exception"),
    }
    frames = [f for value in event["exception"]["values"] for f in value["stacktrace"]["frames"]]
    assert not [frame for frame in frames if "vars" in frame]


def test_the_log_has_the_rest_under_the_same_id(running, sentry):
    server, _ = running
    answer, _ = crash(*running)

    event = event_of(answer, sentry)

    (line,) = [line for line in server.log().splitlines() if event["event_id"] in line]
    assert "'list' object has no attribute" in json.loads(line)["exception"]


def test_the_event_is_a_part_of_the_trace_of_the_request(running, sentry):
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    answer, _ = crash(*running, traceparent=f"00-{trace_id}-b7ad6b7169203331-01")

    event = event_of(answer, sentry)

    assert event["contexts"]["trace"]["trace_id"] == trace_id


def test_a_crash_of_the_rest_api_is_told_as_well(running, sentry):
    server, services = running
    admin = UserFactory(services)(roles=["admin"])
    client = server.client()
    login = {"email": admin.email, "password": admin.password}
    token = client.post("/api/auth/login", json=login).json["accessToken"]
    broken = broken_party(server, services).credentials.client_id

    answer = client.get(f"/api/clients/{broken}?{QUERY}", headers=bearer(token))

    assert answer.status_code == 500, answer.text
    assert event_of(answer, sentry)["exception"]["values"][0]["type"] == "AttributeError"
    assert token not in sentry.raw
    assert "not-to-be-seen" not in sentry.raw


def test_a_crash_of_a_page_is_told_as_well(running, sentry):
    """The id on the page is that of the event."""
    server, services = running
    uri = "https://app.example/cb"
    metadata = {"grant_types": ["authorization_code"], "redirect_uris": [uri]}
    party = RelyingParty(server.client(), ClientFactory(services)(**metadata))
    query = {
        "response_type": "code",
        "client_id": party.credentials.client_id,
        "redirect_uri": uri,
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
    }
    begun = party.http.open("/oauth2/authorize", params=query)
    with services.get(Database).transaction() as tx:
        tx.execute(text(BREAK), {"id": party.credentials.client_id})
    page = begun.headers["Location"].removeprefix(server.base)

    # What a process remembers of the client is less than a second old.
    answer = until_broken(lambda: party.http.get(page, headers={"Accept": "text/html"}))

    assert "text/html" in answer.headers["Content-Type"]
    assert event_of(answer, sentry)["exception"]["values"][0]["type"] == "AttributeError"


def until_broken(ask):
    deadline = time.monotonic() + 10
    while (answer := ask()).status_code != 500:
        assert time.monotonic() < deadline, (answer.status_code, answer.text)
        time.sleep(0.05)
    return answer


def test_a_crash_of_a_job_is_told_before_the_worker_ends(serve, lone_sentry, tmp_path):
    """By its name, and with none of its arguments."""
    with serve(lone_sentry) as (server, services):
        client_id = broken_party(server, services).credentials.client_id
        arguments = {"client_id": client_id, "user_id": str(uuid4())}
        with services.get(Database).transaction() as tx:
            JobQueue().enqueue(
                tx, BACK_CHANNEL_LOGOUT, arguments | {"browser_session_id": str(uuid4())}
            )
        with WorkerProcess(server.settings_env, tmp_path / "worker.log") as worker:
            worker.wait_for('"job.crashed"')
            worker.signal(signal.SIGTERM)
            assert worker.wait() == 0

    (event,) = lone_sentry.events()
    assert event["tags"] == {"event": "job.crashed", "job": BACK_CHANNEL_LOGOUT}
    assert event["event_id"] in worker.log()
    assert [value for value in arguments.values() if value in lone_sentry.raw] == []


def test_what_is_refused_is_no_crash(serve, lone_sentry):
    """Only mistakes of ours are told: wrong passwords and bad tokens are not."""
    with serve(lone_sentry) as (server, services):
        client = server.client()

        client.post("/api/auth/login", json={"email": "nobody@example.com", "password": "wrong"})
        client.post("/oauth2/token", data={"grant_type": "x"})
        client.get("/api/users", headers=bearer("eyJhbGciOiJub25lIn0.e30."))
        crash(server, services)

    assert len(lone_sentry.events()) == 1, "the last one came before the end of the process"


def test_a_tracker_that_hangs_keeps_nobody_waiting(serve, lone_sentry):
    """A background thread sends; at the end the process waits two seconds for it."""
    lone_sentry.hold()

    with serve(lone_sentry) as (server, services):
        crash(server, services)
        lone_sentry.wait_for(lambda posted: bool(posted))
        started = time.monotonic()
        crash(server, services)
        waited = time.monotonic() - started
        code = server.stop()

    assert waited < 5
    assert code == 0, "it was waited for in vain, and killed"


def test_the_key_is_in_no_log(running, sentry):
    """The DSN is a secret: with it anybody could fill the project with events."""
    server, _ = running

    answer, _ = crash(*running)

    assert event_of(answer, sentry)
    assert KEY not in server.log()
