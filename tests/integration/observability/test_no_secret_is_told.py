"""A whole day of a server that tells all it can: logs, traces and crashes, none with a secret.

OWASP ASVS 5.0, section 16.2.5; CWE-532.
"""

import base64
import json
import signal
from urllib.parse import quote

import pytest

from tests.support.eventful_day import EventfulDay
from tests.support.http_sink import HttpSink
from tests.support.live_server import running_server
from tests.support.sentry_endpoint import KEY, SentryEndpoint
from tests.support.told_secrets import assert_untold
from tests.support.trace_collector import TraceCollector
from tests.support.worker_process import WorkerProcess


@pytest.fixture(scope="module", params=["gunicorn", "granian"])
def day(request, folder, postgres, valkey):
    """The secrets of the day; what the log, the collector and the tracker were told."""
    with SentryEndpoint() as sentry, TraceCollector() as collector, HttpSink() as back_channel:
        settings = {
            "program": request.param,
            "log_level": "DEBUG",
            "sentry_dsn": sentry.dsn,
            "traces_endpoint": collector.endpoint,
            "client_registration": "token",
            "outbound_allowed_hosts": ["127.0.0.1"],
        }
        with running_server(folder, postgres, valkey, **settings) as (server, services):
            jobs_log = folder / f"worker-{request.param}.log"
            with WorkerProcess(server.settings_env, jobs_log) as worker:
                day = EventfulDay(server, services, back_channel)
                day.pass_by()
                sentry.wait_for(lambda _: len(sentry.events()) >= 2)
                worker.signal(signal.SIGTERM)
                assert worker.wait() == 0
            assert server.stop() == 0
        day.secrets.add((folder / "keys" / "key_encryption_key").read_text().strip())
        traces = collector.raw.decode("utf-8", "replace")
        yield day.secrets, server.log() + worker.log(), traces, sentry.raw


def test_the_log_holds_none(day):
    """Of the server, of the worker, and of all libraries, down to DEBUG."""
    secrets, log, _, _ = day

    assert_untold(secrets | {KEY}, log)
    assert "eyJ" not in log


def test_the_traces_hold_none(day):
    secrets, _, traces, _ = day

    assert "TokenService" in traces
    assert "process back_channel_logout" in traces
    assert_untold(secrets, traces)


def test_the_crashes_hold_none(day):
    secrets, _, _, crashes = day

    assert "IntegrityError" in crashes
    assert_untold(secrets, crashes)


def test_the_log_was_down_to_debug_and_had_the_crashes_in_it(day):
    """Otherwise the tests above would show little."""
    _, log, _, _ = day

    lines = [json.loads(line) for line in log.splitlines()]
    assert {line["level"] for line in lines} >= {"debug", "info", "error"}
    assert {line["event"] for line in lines} >= {"worker.started", "job.done", "request"}
    crashed = [line for line in lines if line["event"] == "request.crashed"]
    assert "Failing row contains [redacted]" in "".join(line["exception"] for line in crashed)


@pytest.mark.parametrize(
    "written",
    [
        lambda secret: secret,
        lambda secret: quote(secret, safe=""),
        lambda secret: base64.b64encode(f"a-client:{secret}".encode()).decode(),
        lambda secret: base64.urlsafe_b64encode(f"?{secret}~".encode()).decode(),
        lambda secret: json.dumps({"password": secret}),
        lambda secret: f"{secret[:18]} [...]",
        lambda secret: f"...{quote(secret)[-18:]}",
    ],
)
def test_a_secret_would_be_found_in_any_form(written):
    """The search itself is able to fail."""
    secret = 'päss"wörd/+?& of a person'

    with pytest.raises(AssertionError):
        assert_untold({secret}, f"some line before {written(secret)} and after")
