"""HTTP by hand, against the server that production runs: what a test client would not send.

Rows that ask for the same through nginx are tried again where its configuration is.
"""

import json
import re
import secrets
from collections.abc import Iterator

import pytest

from authserver.bootstrap import bootstrap
from authserver.devservices.postgres import EmbeddedPostgres
from authserver.settings import Settings
from authserver.storage.db import Database
from authserver.storage.migrations import migrate
from authserver.wiring import build
from tests.attacks.raw_http import (
    FORM_TYPE,
    FORWARDED,
    POST,
    SMUGGLED,
    SMUGGLING,
    chunked,
    cut_off,
    is_closed,
    statuses,
    talk,
    talk_to_the_end,
)
from tests.attacks.rows import attack
from tests.factories.users import PASSWORD, UserFactory
from tests.support.live_server import LiveServer


@pytest.fixture(scope="module", params=["gunicorn", "granian"])
def running(
    request, folder, postgres: EmbeddedPostgres
) -> Iterator[tuple[LiveServer, UserFactory]]:
    """A server for all tests of this module, and a factory of its users."""
    url = postgres.create_database(f"raw_{secrets.token_hex(6)}")
    migrate(url)
    values = {
        "database_url": url,
        "keys_dir": folder / "keys",
        "trusted_proxies": "127.0.0.1/32",
        "login_limit": "5/minute",
    }
    server = LiveServer(values, folder, program=request.param)
    services = build(Settings(**server.settings_env | {"trusted_proxies": ["127.0.0.1/32"]}))
    bootstrap(services)
    with server:
        yield server, UserFactory(services)
    services.get(Database).close()


@pytest.fixture(scope="module")
def server(running) -> LiveServer:
    return running[0]


@attack("IN-06")
@pytest.mark.parametrize("request_bytes", SMUGGLING.values(), ids=SMUGGLING.keys())
def test_what_two_servers_could_read_differently_is_refused(server, request_bytes):
    """ASVS 4.2.1; CVE-2024-1135, CVE-2024-6827; RFC 9112, sections 6.1 and 7.1: one refusal at
    most, and nothing behind it is taken for a request."""
    found = statuses(talk(server, request_bytes))

    assert len(found) <= 1
    assert set(found) <= {400, 401, 405, 411, 501, 505}
    assert 200 not in found


@attack("IN-06")
@pytest.mark.parametrize(
    "name", ["TE and CL", "TE xchunked", "two CL", "CL with a sign", "a chunk of 0x size"]
)
def test_after_a_suspicious_request_the_connection_ends(server, name):
    """RFC 9112, section 9.6: nobody knows where the next request would begin."""
    assert is_closed(server, SMUGGLING[name])


@attack("IN-06")
def test_a_bare_line_feed_is_no_end_of_a_line(server):
    """RFC 9112, section 2.2 allows it; two readers that differ about it are an attack."""
    hidden = POST + b"X-A: b\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\nabcd"

    assert statuses(talk(server, hidden + SMUGGLED)) == [400]


@attack("IN-06")
@pytest.mark.parametrize("path", [b"/oauth2/token", b"/api/auth/login"])
def test_a_body_that_breaks_off_is_no_crash(server, path):
    """CWE-755: half a chunk, half a length; both surfaces."""
    head = b"POST " + path + b" HTTP/1.1\r\nHost: x\r\n"
    media_type = FORM_TYPE if b"oauth" in path else b"Content-Type: application/json\r\n"

    for framing in (b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", b"Content-Length: 50\r\n\r\n{}"):
        talk(server, head + media_type + framing, patience=0.3)

    assert "request.crashed" not in server.log()
    assert "Traceback" not in server.log()


@attack("IN-06")
def test_endless_chunk_extensions_are_not_read_for_ever(server):
    """CVE-2024-6827: a megabyte behind a semicolon."""
    request = chunked(b"1d;" + b"x=" * 2**19, b"\r\n0\r\n\r\n")

    assert 200 not in statuses(talk(server, request))
    assert statuses(talk(server, SMUGGLED)) == [200]


@attack("IN-07")
@pytest.mark.parametrize(
    "head",
    [
        b"GET /livez HTTP/1.1\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost:\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    ],
    ids=["none", "empty", "two", "twice the same"],
)
def test_a_request_has_one_host(server, head):
    """RFC 9112, section 3.2."""
    assert statuses(talk(server, head)) == [400]


@attack("IN-07", "IN-08")
@pytest.mark.parametrize(
    "head",
    [
        b"GET http://evil.com/.well-known/openid-configuration HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /.well-known/openid-configuration HTTP/1.1\r\nHost: evil.com\r\n\r\n",
        b"GET /.well-known/openid-configuration HTTP/1.1\r\nHost: x\r\n" + FORWARDED,
    ],
    ids=["absolute form", "another host", "forwarded"],
)
def test_nobody_tells_us_who_we_are(server, head):
    """Invariant 6: even a proxy that is trusted with addresses."""
    answer = talk(server, head)

    assert statuses(answer) in ([200], [400])
    assert b"evil.com" not in answer
    if statuses(answer) == [200]:
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["issuer"] == server.base


@attack("IN-11")
def test_a_header_with_underscores_is_not_the_one_with_hyphens(server):
    """gunicorn's ``header_map = drop``: a proxy would have let X_Forwarded_For pass. The proxy is
    trusted here, so that the header would count if it were taken for the real one."""
    body = json.dumps({"email": "nobody@example.com", "password": PASSWORD}).encode()
    found = []
    for number in range(12):
        head = (
            b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            b"Content-Type: application/json\r\nX_Forwarded_For: 6.6.6.%d\r\n" % number
        )
        found += statuses(talk(server, head + b"Content-Length: %d\r\n\r\n" % len(body) + body))

    assert 429 in found
    assert "6.6.6." not in server.log()


@attack("IN-13")
@pytest.mark.parametrize(
    "line",
    [
        b"TRACE /livez",
        b"TRACE /api/users",
        b"TRACK /oauth2/token",
        b"CONNECT evil.com:443",
        b"PROPFIND /api/users",
        b"MKCOL /x",
        b"MOVE /api/users",
        b"LOCK /oauth2/userinfo",
        b"OPTIONS *",
    ],
)
def test_methods_of_others_are_refused(server, line):
    """ASVS 13.4.4: TRACE above all shows nobody the headers of a request."""
    head = line + b" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer not-to-be-seen\r\n\r\n"

    answer = talk(server, head)

    assert statuses(answer)[0] in (400, 404, 405, 501)
    assert b"not-to-be-seen" not in answer


@attack("API-17")
@pytest.mark.parametrize(
    "target",
    [
        b"/api/users;x",
        b"/API/users",
        b"/api//users",
        b"//api/users",
        b"/api/users/%2e%2e/users",
        b"/api/x/../users",
        b"/api/./users",
        b"/api/users#x",
        b"/api\\users",
        b"/api/users%00",
    ],
)
def test_another_spelling_of_an_address_stays_another_one(server, target):
    """CVE-2020-25032: as the bytes come from the wire, before any library has tidied them."""
    answer = talk(server, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert statuses(answer)[0] in (400, 401, 404)


@attack("IN-18")
def test_two_people_on_one_connection_stay_two(running):
    """CWE-488: requests of two users behind each other, sent at once, answered in their order."""
    server, make_user = running
    people = [make_user(), make_user()] * 5
    tokens = {user.id: _sign_in(server, user) for user in people[:2]}
    requests = [
        b"GET /api/users/%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n"
        % (str(user.id).encode(), tokens[user.id].encode())
        for user in people
    ]

    answer = talk_to_the_end(server, b"".join(requests))

    found = re.findall(rb'"email":"([^"]+)"', answer)
    assert statuses(answer) == [200] * len(people)
    assert [email.decode() for email in found] == [user.email for user in people]
    assert len(set(re.findall(rb"(?i)x-request-id: (\w+)", answer))) == len(people)


@attack("IN-18")
def test_nothing_of_one_request_is_left_for_the_next(running):
    """CWE-488: the second one has no token and must not borrow the first one's."""
    server, make_user = running
    user = make_user()
    token = _sign_in(server, user).encode()
    path = str(user.id).encode()
    first = b"GET /api/users/%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n"
    second = b"GET /api/users/%s HTTP/1.1\r\nHost: x\r\n\r\n"

    answer = talk_to_the_end(server, first % (path, token) + second % path)

    assert statuses(answer) == [200, 401]


@attack("IN-06")
@pytest.mark.parametrize(
    "request_bytes",
    [
        POST + FORM_TYPE + b"Content-Length: 500\r\n\r\ngrant_type=client_credentials&client_id=a",
        POST.replace(b"/oauth2/token", b"/api/auth/login")
        + b'Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{"email":"a@b.c"'
        + b',"password":"x"}',
    ],
    ids=["a form", "JSON"],
)
def test_a_body_that_was_cut_off_is_not_taken_for_a_whole_one(server, request_bytes):
    """RFC 9112, section 8: whoever cuts a message off chooses what is left of it."""
    answer = cut_off(server, request_bytes)

    assert statuses(answer) == [400]
    assert b"shorter than its Content-Length" in answer


@attack("HD-09")
def test_no_version_is_told(server):
    """ASVS 13.4.6."""
    for request in (SMUGGLED, b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n", b"nonsense\r\n\r\n"):
        head = talk(server, request).partition(b"\r\n\r\n")[0].lower()

        assert not re.search(rb"\r\nserver: [^\r]*\d", head)
        assert b"x-powered-by" not in head


def _sign_in(server: LiveServer, user) -> str:
    login = {"email": user.email, "password": user.password}
    # From elsewhere, as a proxy that we trust would say: this address is used up by guessing.
    headers = {"X-Forwarded-For": "198.51.100.1", "Forwarded": "for=198.51.100.1"}
    answer = server.client().post("/api/auth/login", json=login, headers=headers)
    return str(answer.json["accessToken"])
