"""A job as a part of the trace of its request, and the call that it makes."""

import json
from uuid import uuid4

import pytest
from sqlalchemy import text

from authserver.bootstrap import bootstrap
from authserver.observability import spans
from authserver.sessions.logout_notices import BACK_CHANNEL_LOGOUT
from authserver.settings import Settings
from authserver.storage.db import Database
from authserver.storage.jobs import JobQueue
from authserver.storage.migrations import migrate
from authserver.wiring import build
from tests.factories.clients import ClientFactory
from tests.support.http_sink import HttpSink
from tests.support.trace_collector import TraceCollector
from tests.support.worker_process import WorkerProcess

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
JOB = f"process {BACK_CHANNEL_LOGOUT}"
SAMPLED = f"00-{TRACE_ID}-00f067aa0ba902b7-01"


@pytest.fixture
def values(postgres, tmp_path):
    url = postgres.create_database(f"traced_jobs_{uuid4().hex[:12]}")
    migrate(url)
    return {
        "issuer": "http://localhost:8000",
        "database_url": url,
        "keys_dir": tmp_path / "keys",
        "outbound_allowed_hosts": ["127.0.0.1"],
    }


@pytest.fixture
def services(values):
    services = build(Settings(**values))
    bootstrap(services)
    yield services
    services.get(Database).close()


@pytest.fixture
def receiver():
    with HttpSink() as receiver:
        yield receiver


def leave_job(services, receiver, traceparent: str) -> str:
    """What a request leaves that is a part of a trace; its place there."""
    uri = f"http://{receiver.address}/backchannel"
    arguments = {
        "client_id": ClientFactory(services)(backchannel_logout_uri=uri).client_id,
        "user_id": str(uuid4()),
        "browser_session_id": str(uuid4()),
    }
    with (
        spans.entry("POST", "server", traceparent, {}) as request,
        services.get(Database).transaction() as tx,
    ):
        JobQueue().enqueue(tx, BACK_CHANNEL_LOGOUT, arguments)
    return request.place.span_id if request else ""


def test_a_job_and_its_call_are_parts_of_the_trace_of_its_request(
    values, services, receiver, tmp_path
):
    left_by = leave_job(services, receiver, SAMPLED)

    with TraceCollector() as collector:
        settings = values | {"traces_endpoint": collector.endpoint}
        with WorkerProcess(settings, tmp_path / "worker.log"):
            (call,) = receiver.wait_for(lambda posted: len(posted) == 1)
            job = collector.wait_for_span(lambda span: span.name == JOB)
            calling = collector.wait_for_span(lambda span: span.name == "POST")

    assert (job.kind, job.trace_id) == ("CONSUMER", TRACE_ID)
    assert job.parent_id == left_by
    assert calling.parent_id == job.span_id
    assert call.headers["traceparent"] == f"00-{TRACE_ID}-{calling.span_id}-01"
    port = int(receiver.address.partition(":")[2])
    assert calling.attributes == {
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "server.address": "127.0.0.1",
        "server.port": port,
        "url.scheme": "http",
    }


def test_a_trace_is_passed_on_where_nobody_keeps_a_record(values, services, receiver, tmp_path):
    """W3C Trace Context, section 2: who takes part in a trace does not break it."""
    leave_job(services, receiver, SAMPLED)

    with WorkerProcess(values, tmp_path / "worker.log") as worker:
        (call,) = receiver.wait_for(lambda posted: len(posted) == 1)
        receiver.wait_for(lambda _: '"job.done"' in worker.log())

    assert call.headers["traceparent"].startswith(f"00-{TRACE_ID}-")
    (done,) = [line for line in map(json.loads, worker.log().splitlines()) if is_done(line)]
    assert done["trace_id"] == TRACE_ID


def test_a_job_of_no_trace_tells_nobody_of_any(values, services, receiver, tmp_path):
    leave_job(services, receiver, "")
    with services.get(Database).transaction() as tx:
        (arguments,) = tx.execute(text("SELECT args FROM procrastinate_jobs")).one()

    with WorkerProcess(values, tmp_path / "worker.log"):
        (call,) = receiver.wait_for(lambda posted: len(posted) == 1)

    assert "traceparent" not in arguments
    assert "traceparent" not in call.headers


def is_done(line: dict) -> bool:
    return line["event"] == "job.done" and line["job"] == BACK_CHANNEL_LOGOUT
