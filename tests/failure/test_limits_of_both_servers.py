"""What a request may be at most, at both servers: each limit, just kept and just broken.

The limits stand in docs/operations/limits.md.
"""

import re
import select
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from authserver.cli.arrivals import MAX_HEAD
from authserver.devservices.postgres import EmbeddedPostgres
from authserver.devservices.redis import EmbeddedValkey
from authserver.errors import Unavailable
from authserver.http.json_body import MAX_DEPTH
from authserver.http.messages import MAX_BODY
from authserver.oauth.requests import MAX_PARAMETERS
from authserver.storage.db import Database
from authserver.storage.statements import Statement
from authserver.wiring import Services
from tests.attacks.raw_http import POST, statuses, talk
from tests.attacks.rows import attack
from tests.factories.clients import ClientFactory
from tests.support.live_server import LiveServer, running_server
from tests.support.slow_clients import BODY, HEAD, ask_beside

Running = tuple[LiveServer, Services]

FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
JSON = b"Content-Type: application/json\r\n"
LOGIN = b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\n" + JSON
GET = b"GET /livez%b HTTP/1.1\r\nHost: x\r\n%b\r\n"
DISCOVERY = b"GET /.well-known/openid-configuration HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNK = b"1000\r\n" + b"x" * 0x1000 + b"\r\n"
PATHS = (
    *(b"/oauth2/token", b"/oauth2/authorize", b"/oauth2/introspect", b"/oauth2/revoke"),
    *(b"/oauth2/userinfo", b"/oauth2/register", b"/oauth2/end_session", b"/api/auth/login"),
    *(b"/api/auth/register", b"/api/users", b"/sign-in", b"/nothing", b"/livez"),
)


def form(size: int) -> bytes:
    return POST + FORM + b"Content-Length: %d\r\n\r\n" % size + b"a=" + b"x" * (size - 2)


def in_chunks(size: int) -> bytes:
    chunk = b"1000\r\n" + b"x" * 0x1000 + b"\r\n"
    return (
        POST
        + FORM
        + b"Transfer-Encoding: chunked\r\n\r\n"
        + chunk * (size // 0x1000)
        + b"0\r\n\r\n"
    )


def parameters(count: int) -> bytes:
    body = b"&".join(b"p%d=" % number for number in range(count))
    return POST + FORM + b"Content-Length: %d\r\n\r\n" % len(body) + body


def nested(depth: int) -> bytes:
    body = b"[" * depth + b"]" * depth
    return LOGIN + b"Content-Length: %d\r\n\r\n" % len(body) + body


def fields(count: int) -> bytes:
    # One is there already.
    return GET % (b"", b"".join(b"X-%d: y\r\n" % number for number in range(count - 1)))


def head(size: int) -> bytes:
    # In fields that are not too large by themselves.
    rest = size - len(GET % (b"", b""))
    lines = [b"X-%02d: %b\r\n" % (number, b"y" * 4000) for number in range(rest // 4008)]
    return GET % (b"", b"".join(lines) + b"X-Z: %b\r\n" % (b"y" * (rest % 4008)))


@dataclass(frozen=True)
class Limit:
    """A request that just keeps it, one that breaks it, and what the latter is answered."""

    name: str
    kept: bytes
    broken: bytes
    status: int
    says: bytes = b""


LIMITS = [
    Limit("body", form(MAX_BODY), form(MAX_BODY + 1), 413, b"64 KiB"),
    Limit("chunks", in_chunks(MAX_BODY), in_chunks(MAX_BODY + 2 * len(CHUNK)), 413, b"64 KiB"),
    Limit("endless body", form(9), form(9)[:-9].replace(b" 9", b" 999999999"), 413, b"64 KiB"),
    Limit("JSON", nested(9), LOGIN + b"Content-Length: 9999999\r\n\r\n[", 413, b"64 KiB"),
    Limit("head", head(MAX_HEAD - 1000), head(2 * MAX_HEAD), 431),
    Limit("fields", fields(100), fields(101), 431),
    Limit("line", GET % (b"?" + b"x" * 8000, b""), GET % (b"?" + b"x" * 70_000, b""), 431),
    Limit(
        "parameters",
        parameters(MAX_PARAMETERS),
        parameters(MAX_PARAMETERS + 1),
        400,
        b"Send at most 2000 parameters.",
    ),
    Limit("depth", nested(MAX_DEPTH), nested(MAX_DEPTH + 1), 400, b"nested too deeply"),
]
of_each = pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.name)
# Requests that nobody finishes, and answers that nobody reads.
SLOW = {"head": HEAD, "body": BODY, "nothing": b"", "answers": DISCOVERY * 1000}


@pytest.fixture(scope="module", params=["gunicorn", "granian"])
def running(
    request: pytest.FixtureRequest,
    folder: Path,
    postgres: EmbeddedPostgres,
    valkey: EmbeddedValkey,
) -> Iterator[Running]:
    with running_server(folder, postgres, valkey, program=request.param) as running:
        yield running


@pytest.fixture(scope="module")
def gunicorn(folder: Path, postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> Iterator[Running]:
    with running_server(folder, postgres, valkey) as running:
        yield running


@attack("DO-05")
@of_each
def test_what_breaks_a_limit_is_refused(running: Running, limit: Limit) -> None:
    """ASVS 15.2.2."""
    answer = talk(running[0], limit.broken)

    assert statuses(answer) == [limit.status]
    assert limit.says in answer


@of_each
def test_what_keeps_a_limit_is_looked_at(running: Running, limit: Limit) -> None:
    answer = talk(running[0], limit.kept)

    assert statuses(answer)[0] in (200, 400)
    assert not limit.says or limit.says not in answer


@attack("DO-05")
@pytest.mark.parametrize("path", PATHS)
def test_a_body_that_is_too_large_is_read_nowhere(running: Running, path: bytes) -> None:
    """It is announced, and its sender is refused before any of it has come."""
    request = (
        b"POST %b HTTP/1.1\r\nHost: x\r\n" % path + FORM + b"Content-Length: 104857600\r\n\r\n"
    )

    answer = talk(running[0], request)

    assert statuses(answer)[0] in (400, 401, 404, 405, 413)


@attack("DO-05")
def test_large_bodies_take_no_memory(running: Running) -> None:
    """Ten times twenty megabytes in chunks without an end; each server has buffers of its own."""
    server, _ = running
    before = memory(server)

    for _ in range(10):
        talk(server, in_chunks(0)[: -len(b"0\r\n\r\n")] + CHUNK * 5000)

    assert memory(server) - before < 16 * 2**20


@attack("DO-03")
def test_beside_answers_that_nobody_reads_others_are_answered(running: Running) -> None:
    """slowhttptest -X; CWE-400: they fill what the kernel keeps for them, and no thread waits."""
    server, services = running
    client = ClientFactory(services)()

    with ExitStack() as opened:
        for _ in range(40):
            send_what_fits(opened.enter_context(lazy_reader(server)), DISCOVERY * 1000)
        times = ask_beside(server.base, client, 1.5)

    assert None not in times
    assert max(time for time in times if time is not None) < 1


@attack("DO-03")
def test_who_takes_too_long_is_hung_up_on(gunicorn: Running) -> None:
    """ASVS 13.1.3: within thirty seconds. granian needs a proxy for that (production.md)."""
    server, _ = gunicorn
    started = time.monotonic()

    with ExitStack() as opened:
        slow = {name: opened.enter_context(lazy_reader(server)) for name in SLOW}
        for name, connection in slow.items():
            send_what_fits(connection, SLOW[name])
        # Those that have been answered in part would be read, and must not be.
        time.sleep(1)
        left = [name for name, connection in slow.items() if not is_hung_up_on(connection, 29)]

    assert left == []
    assert 15 < time.monotonic() - started < 30


@pytest.mark.parametrize("way", ["transaction", "statements"])
def test_a_statement_that_takes_too_long_is_a_503(services: Services, way: str) -> None:
    """Whoever waits for PostgreSQL is not kept waiting for more than two seconds."""
    database = services.get(Database)
    started = time.monotonic()

    def in_transaction() -> None:
        with database.transaction() as tx:
            tx.execute(text("SELECT pg_sleep(5)"))

    def prepared() -> None:
        database.statements.one(Statement("too_slow", "SELECT pg_sleep(5)", 0))

    ways = {"transaction": in_transaction, "statements": prepared}

    with pytest.raises(Unavailable):
        ways[way]()

    assert time.monotonic() - started < 2.5


def lazy_reader(server: LiveServer) -> socket.socket:
    """A connection whose other side has little room for what it does not read."""
    parts = urlsplit(server.base)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    connection.settimeout(5)
    connection.connect((parts.hostname, parts.port))
    return connection


def send_what_fits(connection: socket.socket, data: bytes) -> None:
    connection.settimeout(0.2)
    with suppress(OSError):
        connection.sendall(data)


def is_hung_up_on(connection: socket.socket, seconds: float) -> bool:
    """Whether the server ends the connection in time; nothing is read."""
    poll = select.poll()
    poll.register(connection, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
    return bool(poll.poll(seconds * 1000))


def memory(server: LiveServer) -> int:
    """What the processes that answer have in memory, in bytes."""
    found = 0
    for pid in server.worker_pids:
        status = Path(f"/proc/{pid}/status").read_text()
        found += 1024 * int(re.search(r"VmRSS:\s+(\d+)", status)[1])  # type: ignore[index]
    return found
