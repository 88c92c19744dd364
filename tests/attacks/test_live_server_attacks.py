"""Attacks that need a real server: endless bodies (row TE-16) and restarts (row RF-10)."""

import contextlib
import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from authserver.storage.db import Database
from authserver.wiring import Services
from tests.attacks.rows import attack
from tests.attacks.watch import assert_hidden
from tests.factories.clients import ClientFactory
from tests.factories.users import UserFactory
from tests.support.live_server import LiveServer, running_server
from tests.support.relying_party import FORM, RelyingParty, basic
from tests.support.session_rows import SessionRows, session_id_of

KIB = 1024
CHUNK = b"%x\r\n" % (16 * KIB) + b"x" * 16 * KIB + b"\r\n"
HUNDRED_MEGABYTES = 100 * KIB * KIB
# What may lie in buffers between a sender and a server that has stopped to read.
IN_FLIGHT = 16 * KIB * KIB


@pytest.fixture(scope="module", params=["gunicorn", "granian"])
def live_server(request, folder, postgres, valkey) -> Iterator[tuple[LiveServer, Services]]:
    """Each of the servers that production may run."""
    with running_server(folder, postgres, valkey, program=request.param) as running:
        yield running


@pytest.fixture
def server(live_server) -> LiveServer:
    return live_server[0]


@pytest.fixture
def live_party(live_server) -> RelyingParty:
    """A client of the running server."""
    server, services = live_server
    return RelyingParty(server.client(), ClientFactory(services)())


@pytest.fixture
def first(live_server, live_party) -> Iterator[str]:
    """The refresh token of a sign-in there; it is in no log."""
    server, services = live_server
    user = UserFactory(services)()
    token = str(live_party.password(user).json["refresh_token"])
    yield token
    assert_hidden({token, user.password, live_party.credentials.secret}, server.log())


def address(server: LiveServer) -> tuple[str, int]:
    parts = urlsplit(server.base)
    return str(parts.hostname), int(parts.port or 0)


def send_without_end(server: LiveServer, head: bytes, piece: bytes) -> int:
    """Send ``piece`` again and again, until the server answers or closes; how much was sent."""
    sent = 0
    with socket.create_connection(address(server), timeout=5) as connection:
        connection.sendall(head)
        with contextlib.suppress(ConnectionError, TimeoutError):
            while sent < HUNDRED_MEGABYTES:
                connection.sendall(piece)
                sent += len(piece)
    return sent


def head(party: RelyingParty, *lines: str) -> bytes:
    authorization = basic(party.credentials.client_id, party.credentials.secret)["Authorization"]
    first = ["POST /oauth2/token HTTP/1.1", "Host: x", f"Content-Type: {FORM}"]
    return "\r\n".join([*first, f"Authorization: {authorization}", *lines, "", ""]).encode()


@attack("TE-16")
def test_a_body_in_pieces_is_refused_when_it_is_too_large(server, live_party):
    """ASVS 5.0, 15.2.2: the size is not known beforehand."""
    body = head(live_party, "Transfer-Encoding: chunked") + 5 * CHUNK + b"0\r\n\r\n"

    with socket.create_connection(address(server), timeout=5) as connection:
        connection.sendall(body)
        answer = connection.recv(64 * KIB)

    assert answer.startswith(b"HTTP/1.1 413 ")


@attack("TE-16")
def test_a_body_in_endless_pieces_is_not_read_to_its_end(server, live_party):
    sent = send_without_end(server, head(live_party, "Transfer-Encoding: chunked"), CHUNK)

    assert sent < IN_FLIGHT
    assert live_party.token(grant_type="client_credentials", scope="openid").status_code == 400


@attack("TE-16")
def test_a_large_announced_body_is_not_read(server, live_party):
    announced = f"Content-Length: {HUNDRED_MEGABYTES}"

    sent = send_without_end(server, head(live_party, announced), b"x" * 16 * KIB)

    assert sent < IN_FLIGHT


@attack("TE-16")
def test_a_small_body_in_pieces_is_read(server, live_party):
    """The refusals above are for the size, and for nothing else."""
    body = b"grant_type=refresh_token&refresh_token=x"
    pieces = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)

    with socket.create_connection(address(server), timeout=5) as connection:
        connection.sendall(head(live_party, "Transfer-Encoding: chunked", "Connection: close"))
        connection.sendall(pieces)
        answer = connection.makefile("rb").read()

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"invalid_grant" in answer


def restart(server: LiveServer) -> None:
    before = set(server.worker_pids)
    server.stop()
    server.start()
    assert not before & set(server.worker_pids)


def assert_invalid_grant(answer: Any) -> None:
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize("odd", ["eyJ" * 20_000, "Key (" + ")=(" * 7000], ids=["JWT", "row"])
def test_no_text_for_the_log_stops_a_process(live_server, odd):
    """CWE-1333: what was sent is searched for secrets before it is written."""
    server, services = live_server
    client_id = ClientFactory(services)(redirect_uris=["https://app.example/cb"]).client_id
    http = server.client()
    form = {"response_type": "code", "client_id": client_id, "redirect_uri": odd}

    sent = http.post("/oauth2/authorize", data=form)
    started = time.monotonic()
    refused = http.get(sent.headers["Location"].removeprefix(server.base))

    assert refused.status_code == 400
    assert time.monotonic() - started < 1


@attack("RF-10")
def test_a_restart_does_not_raise_what_was_rotated(live_server, live_party, first, settings):
    """CVE-2026-9802. All processes are others; what they know stands in the database: the older
    generation still ends the session, the successor of a lost answer is still the same, and past
    the leeway it is reuse."""
    server, services = live_server
    user = UserFactory(services)()
    second = live_party.refresh(first).json["refresh_token"]
    third = live_party.refresh(second).json["refresh_token"]
    other = live_party.password(user).json["refresh_token"]
    other_second = live_party.refresh(other).json["refresh_token"]
    restart(server)
    party = RelyingParty(server.client(), live_party.credentials)
    rows = SessionRows(services.get(Database))
    rows.age(session_id_of(other), settings.refresh_leeway + 1)

    assert_invalid_grant(party.refresh(other))
    assert_invalid_grant(party.refresh(other_second))
    assert_invalid_grant(party.refresh(first))
    assert_invalid_grant(party.refresh(third))


@attack("RF-10")
def test_a_restart_ends_no_session(live_server, live_party, first):
    """What was acknowledged before is good after it, though a worker was killed on the way."""
    server, _ = live_server
    second = live_party.refresh(first).json["refresh_token"]
    server.kill_worker()
    restart(server)
    party = RelyingParty(server.client(), live_party.credentials)

    assert party.refresh(second).status_code == 200
