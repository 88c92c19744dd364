"""The log of a process from start to end: each line is one JSON object, whoever wrote it."""

import json
import signal
import subprocess
import sys
import time
from datetime import datetime

import pytest

from tests.attacks.raw_http import talk
from tests.support.live_server import ROOT, running_server
from tests.support.worker_process import WorkerProcess

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE_ID}-b7ad6b7169203331-01"


def read(log: str) -> list[dict]:
    """The lines, each with what each has."""
    lines = [json.loads(line) for line in log.splitlines()]
    for line in lines:
        assert line.keys() >= {"timestamp", "level", "logger", "event"}, line
        assert datetime.fromisoformat(line["timestamp"]).tzinfo is not None
        assert line["level"] in ("debug", "info", "warning", "error", "critical")
    return lines


@pytest.fixture(scope="module", params=["gunicorn", "granian"])
def life(request, folder, postgres, valkey):
    """All lines of a server that has started, worked, lost a worker, and ended when told to."""
    settings = {"program": request.param, "log_level": "DEBUG"}
    with running_server(folder, postgres, valkey, **settings) as (server, _):
        client = server.client()
        client.get("/.well-known/jwks.json", headers={"traceparent": TRACEPARENT})
        client.get("/api/users", headers={"X-Request-ID": "the-id-of-the-proxy"})
        for header in ("00-" + "0" * 32 + "-b7ad6b7169203331-01", "what?", TRACEPARENT + "-00"):
            client.get("/cb", headers={"traceparent": header})
        talk(server, f"GET /cb?code=x HTTP/9.9\r\nHost: {server.base}\r\n\r\n".encode())
        lost = server.kill_worker()
        deadline = time.monotonic() + 30
        while lost in server.worker_pids or len(server.worker_pids) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        server.wait_until_ready()
        server.stop()
        yield read(server.log())


def test_servers_and_libraries_speak_in_the_same_form(life):
    loggers = {line["logger"].partition(".")[0] for line in life}

    assert loggers >= {"authserver"}
    assert loggers & {"gunicorn", "_granian"}


def test_a_request_has_the_id_that_came_with_it(life):
    (line,) = [line for line in life if line.get("path") == "/api/users"]

    assert line["request_id"] == "the-id-of-the-proxy"
    assert "trace_id" not in line


def test_what_no_parser_takes_has_the_id_of_no_request(life):
    """gunicorn tells of it in the thread that has answered another one before."""
    refused = [line for line in life if line["event"].startswith("Invalid request from")]

    assert len(refused) == any(line["logger"].startswith("gunicorn") for line in life)
    assert not [line for line in refused if "request_id" in line]


def test_a_request_has_the_id_of_its_trace_and_its_own_place_there(life):
    """W3C Trace Context, section 3.2; nobody keeps a record here, and it costs no settings."""
    (line,) = [line for line in life if line.get("path") == "/.well-known/jwks.json"]

    assert line["trace_id"] == TRACE_ID
    assert len(line["span_id"]) == 16
    assert line["span_id"] not in TRACEPARENT


def test_what_is_no_trace_is_left_out(life):
    """Section 3.2.2: an id of zeros, another form, more than version 00 has."""
    lines = [line for line in life if line.get("path") == "/cb"]

    assert len(lines) == 3
    assert not [line for line in lines if "trace_id" in line]


def test_a_worker_speaks_in_the_same_form(folder, postgres, valkey, tmp_path):
    with running_server(folder, postgres, valkey) as (server, _):
        settings = server.settings_env | {"log_level": "DEBUG"}
        with WorkerProcess(settings, tmp_path / "worker.log") as worker:
            worker.wait_for('"worker.started"')
            worker.signal(signal.SIGTERM)
            assert worker.wait() == 0

    assert {"worker.started", "worker.stopped"} <= {line["event"] for line in read(worker.log())}


STRAYS = """
import gc, sys, threading, warnings
from authserver.observability.logs import catch_strays, configure_logs
configure_logs("DEBUG", "json")
catch_strays()
warnings.warn("something is old")
def fail(): raise ValueError("in a thread: Bearer abcdefghijkl")
thread = threading.Thread(target=fail, name="some-thread"); thread.start(); thread.join()
class Broken:
    def __del__(self): raise KeyError("at its end")
Broken(); gc.collect()
raise ZeroDivisionError("at the end of the process")
"""


def test_what_python_writes_by_itself_takes_the_same_form():
    """Warnings, and what nobody has caught, in a thread or at all."""
    ended = subprocess.run(
        [sys.executable, "-c", STRAYS], cwd=ROOT, capture_output=True, text=True, check=False
    )

    lines = {line["event"]: line for line in read(ended.stderr)}
    assert "something is old" in " ".join(lines)
    assert lines["thread.crashed"]["thread"] == "some-thread"
    assert "Bearer [redacted]" in lines["thread.crashed"]["exception"]
    assert "at its end" in lines["error.ignored"]["exception"]
    assert "ZeroDivisionError" in lines["process.crashed"]["exception"]
    assert ended.returncode == 1
