"""A process that forks after it has worked, as ``gunicorn --preload`` does (attack FT-32)."""

import json
import subprocess
import sys

import pytest

_FORK = """
import json, os, sys, threading
from sqlalchemy import text
from authserver.storage.db import open_database
from authserver.storage.notices import RedisNotices
from authserver.storage.redis import RedisDoor
from authserver.storage.statements import Statement

BACKEND = Statement("backend", "SELECT pg_backend_pid()", 0)
database = open_database(sys.argv[1], 2)
notices = RedisNotices(RedisDoor(sys.argv[2]))
notices.listen("clients", print)
notices.start()

def backends():
    with database.transaction() as tx:
        return [database.statements.one(BACKEND)[0], tx.scalar(text(BACKEND.sql))]

def threads():
    return sorted(thread.name for thread in threading.enumerate())

before = backends()
reader, writer = os.pipe()
if os.fork() == 0:
    child = {"backends": backends(), "threads": threads()}
    os.write(writer, json.dumps(child).encode())
    database.close()
    os._exit(0)
os.wait()
child = json.loads(os.read(reader, 9999))
print(json.dumps({"before": before, "after": backends(), "child": child}))
"""


@pytest.fixture(scope="module")
def family(own_postgres, valkey) -> dict:
    """What a process saw before and after it forked, and what its child saw."""
    command = [sys.executable, "-c", _FORK, own_postgres.url, valkey.url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


def test_a_child_shares_no_connection_with_its_parent(family):
    assert set(family["child"]["backends"]).isdisjoint(family["before"])


def test_a_child_that_ends_leaves_its_parents_connections_alone(family):
    assert family["after"] == family["before"]


def test_a_child_listens_to_notices_itself(family):
    assert family["child"]["threads"] == ["MainThread", "notices"]
