"""A collector that is away, or takes its time: traces are lost, and nobody waits for them."""

import signal
import subprocess
import sys
import time

import pytest

from tests.support.live_server import ROOT, free_port, running_server
from tests.support.trace_collector import TraceCollector
from tests.support.worker_process import WorkerProcess

SAMPLED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def serve(folder, postgres, valkey):
    return lambda **settings: running_server(folder, postgres, valkey, **settings)


def ask(server, count: int = 20) -> float:
    """The longest of some requests, in seconds."""
    client, longest = server.client(), 0.0
    for _ in range(count):
        started = time.monotonic()
        answer = client.get("/.well-known/jwks.json", headers={"traceparent": SAMPLED})
        longest = max(longest, time.monotonic() - started)
        assert answer.status_code == 200
    return longest


@pytest.fixture
def sent_at_the_end_alone(monkeypatch):
    """Otherwise they would be sent every five seconds as well."""
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "600000")


@pytest.mark.usefixtures("sent_at_the_end_alone")
@pytest.mark.parametrize("program", ["gunicorn", "granian"])
def test_the_last_spans_come_before_the_end_of_the_process(serve, program):
    with TraceCollector() as collector:
        with serve(program=program, traces_endpoint=collector.endpoint) as (server, _):
            ask(server, 3)
            assert server.stop() == 0

        assert [span.name for span in collector.spans() if span.kind == "SERVER"] == [
            "GET /.well-known/jwks.json"
        ] * 3


@pytest.mark.usefixtures("sent_at_the_end_alone")
def test_the_last_spans_of_a_worker_come_before_its_end(serve, tmp_path):
    with TraceCollector() as collector, serve() as (server, _):
        settings = {"traces_endpoint": collector.endpoint, "log_level": "DEBUG"}
        with WorkerProcess(server.settings_env | settings, tmp_path / "worker.log") as worker:
            worker.wait_for('"job":"rotate_keys"')
            worker.signal(signal.SIGTERM)
            assert worker.wait() == 0

        assert "process rotate_keys" in {span.name for span in collector.spans()}


@pytest.mark.parametrize("program", ["gunicorn", "granian"])
def test_a_collector_that_hangs_keeps_nobody_waiting(serve, program):
    with TraceCollector() as collector:
        collector.hold()
        with serve(program=program, traces_endpoint=collector.endpoint) as (server, _):
            longest = ask(server)
            collector.wait_for(lambda posted: bool(posted))
            longest = max(longest, ask(server))
            code = server.stop()

    assert longest < 5
    assert code == 0, "it was waited for in vain, and killed"


def test_a_collector_that_is_away_disturbs_nobody(serve):
    endpoint = f"http://127.0.0.1:{free_port()}/v1/traces"

    with serve(traces_endpoint=endpoint) as (server, _):
        longest = ask(server)
        code = server.stop()

    assert longest < 5
    assert code == 0


def test_what_is_off_is_not_even_loaded():
    """Nothing of it costs memory, nor need it be installed. (redis-py looks at OpenTelemetry's
    metrics by itself, where it finds them.)"""
    program = (
        "import sys, authserver.cli.application, authserver.cli.granian_server, "
        "authserver.cli.job_worker, authserver.cli.gunicorn_server; "
        "print(*sys.modules)"
    )

    told = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    ours = ("authserver.observability.sentry", "authserver.observability.tracing")
    theirs = ("sentry_sdk", "opentelemetry.sdk.trace", "opentelemetry.exporter")
    loaded = told.stdout.split()
    assert "authserver.observability.spans" in loaded
    assert [name for name in loaded if name.startswith((*ours, *theirs))] == []
