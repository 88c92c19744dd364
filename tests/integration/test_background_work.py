"""What a process does by itself, in whichever way it was started."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from authserver.settings import Settings
from authserver.wiring import Services

ROOT = Path(__file__).parents[2]

_THREADS = """
import json, os, sys, threading
import wsgi

def threads():
    return sorted(thread.name for thread in threading.enumerate())

reader, writer = os.pipe()
if os.fork() == 0:
    os.write(writer, json.dumps(threads()).encode())
    os._exit(0)
os.wait()
print(json.dumps({"process": threads(), "child": json.loads(os.read(reader, 9999))}))
"""

# Services without any service but a clock: each round fails in a way that nobody foresaw.
_BROKEN = """
import sys, time
from types import SimpleNamespace
from authserver import maintenance
from authserver.clock import SystemClock
from authserver.observability.logs import configure_logs
from authserver.wiring import Services, Stores

configure_logs("INFO", "json")
maintenance.INTERVAL = 0.02
maintenance.maintain_in_background(Services(None, {Stores: SimpleNamespace(clock=SystemClock())}))
time.sleep(1)
"""


def run(script: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)} | variables
    command = [sys.executable, "-c", script]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=True
    )


@pytest.fixture
def threads(settings: Settings, services: Services) -> Any:
    """The threads of a process that has imported ``wsgi``, and of one forked from it."""
    done = run(
        _THREADS,
        AUTHSERVER_ISSUER=settings.issuer,
        AUTHSERVER_DATABASE_URL=settings.database_url,
        AUTHSERVER_REDIS_URL=settings.redis_url,
        AUTHSERVER_KEYS_DIR=str(settings.keys_dir),
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_under_any_wsgi_server_there_is_maintenance(threads: Any) -> None:
    """Without it no key would rotate and no session of the past go away."""
    assert set(threads["process"]) >= {"maintenance", "notices"}


def test_a_forked_worker_does_its_own_background_work(threads: Any) -> None:
    """Threads do not survive a fork (attack FT-32)."""
    assert set(threads["child"]) >= {"maintenance", "notices"}


def test_maintenance_goes_on_after_a_round_that_crashed() -> None:
    done = run(_BROKEN)

    assert (done.stdout + done.stderr).count("maintenance.crashed") > 1
