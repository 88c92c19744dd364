"""The fetcher against servers that answer wrongly, slowly, endlessly, or from elsewhere."""

import gzip
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler

import pytest

from authserver.http.outbound import MAX_BYTES, OutboundFailed, OutboundFetcher, OutboundRefused
from authserver.http.outbound_policy import OutboundPolicy
from tests.support.internet import answer_with

HOST = "keys.example"
SHORT = 0.5
CUT_OFF = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{}"


@pytest.fixture
def fetcher(internet):
    return OutboundFetcher(OutboundPolicy(), timeout=SHORT)


@pytest.fixture
def site(internet):
    return internet.site(HOST, answer_with(b'{"keys": []}'))


def test_the_content_of_an_address_comes_back(fetcher, site):
    assert fetcher.get(site.url("/jwks?a=b#digest")) == b'{"keys": []}'
    assert site.requests == ["/jwks?a=b"]


def test_a_post_brings_back_the_status(fetcher, site):
    received = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        received.append(handler.rfile.read(int(handler.headers["Content-Length"])))
        answer_with(b"x" * 1000, 204)(handler)

    site.answer = answer

    assert fetcher.post(site.url(), b"logout_token=x", "application/x-www-form-urlencoded") == 204
    assert received == [b"logout_token=x"]


def test_the_host_is_told_as_the_url_has_it(fetcher, site):
    hosts = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        hosts.append(handler.headers["Host"])
        answer_with(b"")(handler)

    site.answer = answer
    fetcher.get(f"https://{HOST}/")
    fetcher.get(f"https://{HOST}:8443/")

    assert hosts == [HOST, f"{HOST}:8443"]


def test_a_name_is_looked_up_once(fetcher, site, internet):
    fetcher.get(site.url())

    assert internet.looked_up.count(HOST) == 1


@pytest.mark.parametrize("status", [201, 204, 301, 302, 307, 308, 401, 404, 500])
def test_every_other_status_is_a_failure(fetcher, site, internet, status):
    """Redirects as well: nobody follows them (attack SS-07)."""
    elsewhere = internet.site("elsewhere.example", answer_with(b""))
    site.answer = answer_with(b"s3cret", status, Location=elsewhere.url())

    with pytest.raises(OutboundFailed) as failed:
        fetcher.get(site.url())

    assert elsewhere.requests == []
    assert "s3cret" not in str(failed.value)


def test_a_certificate_of_another_name_is_refused(fetcher, internet):
    """A connection that is pinned to an address is still one to the name."""
    site = internet.site(HOST, answer_with(b""), certificate_of="other.example")

    with pytest.raises(OutboundFailed):
        fetcher.get(site.url())

    assert site.requests == []


def test_a_certificate_of_nobody_known_is_refused(fetcher, site, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")

    with pytest.raises(OutboundFailed):
        fetcher.get(site.url())

    assert site.requests == []


def test_a_proxy_of_the_environment_is_not_asked(fetcher, site, internet, monkeypatch):
    canary = internet.canary()
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "http_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")

    fetcher.get(site.url())

    assert canary.connections == 0


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["93.184.215.1", "127.0.0.1"], ["93.184.215.1", "::1"]]
)
def test_all_that_a_name_stands_for_must_be_public(fetcher, site, internet, addresses):
    internet.names[HOST] = addresses

    with pytest.raises(OutboundRefused):
        fetcher.get(site.url())

    assert site.requests == []


def test_the_next_address_is_tried_when_one_takes_nobody(fetcher, site, internet):
    internet.names[HOST] = ["93.184.216.99", *internet.names[HOST]]

    assert fetcher.get(site.url())


def test_a_name_that_nobody_knows_is_a_failure(fetcher, internet):
    internet.names[HOST] = []

    with pytest.raises(OutboundFailed):
        fetcher.get(f"https://{HOST}/")


def test_a_resolver_that_sleeps_is_waited_for_no_longer_than_the_deadline(
    fetcher,
    internet,
):
    awake = threading.Event()
    internet.names[HOST] = lambda: awake.wait(5) and []
    started = time.monotonic()

    with pytest.raises(OutboundFailed):
        fetcher.get(f"https://{HOST}/")

    assert time.monotonic() - started < SHORT + 0.3
    awake.set()


def drip(text: bytes, pause: float = 0.1):
    """One byte at a time, each long before any timeout of a single reading."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        for byte in text:
            handler.wfile.write(bytes([byte]))
            time.sleep(pause)

    return answer


def stalled(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(CUT_OFF)
    time.sleep(SHORT + 0.5)


@pytest.mark.parametrize(
    "answer",
    [
        drip(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
        drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 5),
        stalled,
        lambda handler: time.sleep(SHORT + 0.5),
    ],
    ids=["a byte at a time", "continue", "a body that does not come", "silence"],
)
def test_a_slow_answer_ends_at_the_deadline(fetcher, site, answer):
    """Attack SS-10."""
    site.answer = answer
    started = time.monotonic()

    with pytest.raises(OutboundFailed):
        fetcher.get(site.url())

    assert time.monotonic() - started < SHORT + 0.3


def test_a_handshake_that_does_not_end_ends_at_the_deadline(fetcher, internet):
    listener = internet.closing.enter_context(socket.create_server(("127.0.0.1", 0)))
    internet.names[HOST] = ["93.184.215.7"]
    internet.routes["93.184.215.7"] = listener.getsockname()[1]
    started = time.monotonic()

    with pytest.raises(OutboundFailed):
        fetcher.get(f"https://{HOST}/")

    assert time.monotonic() - started < SHORT + 0.3


def test_exactly_the_limit_is_read(fetcher, site):
    site.answer = answer_with(b"x" * MAX_BYTES)

    assert len(fetcher.get(site.url())) == MAX_BYTES


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b"x" * 10_000)


def endless_chunks(handler: BaseHTTPRequestHandler) -> None:
    handler.protocol_version = "HTTP/1.1"
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    while True:
        handler.wfile.write(b"1\r\nx\r\n" * 1000)


def endless_headers(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    while True:
        handler.wfile.write(b"X: " + b"x" * 10_000 + b"\r\n")


@pytest.mark.parametrize(
    "answer", [answer_with(b"x" * (MAX_BYTES + 1)), endless, endless_chunks, endless_headers]
)
def test_more_than_the_limit_is_a_failure(fetcher, site, answer):
    """Attack SS-10."""
    site.answer = answer

    with pytest.raises(OutboundFailed):
        fetcher.get(site.url())


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "gzip, identity"])
def test_compressed_content_is_not_read(fetcher, site, coding):
    """Attack SS-10: a bomb of ten megabytes in ten kilobytes."""
    site.answer = answer_with(gzip.compress(bytes(10_000_000)), Content_Encoding=coding)

    with pytest.raises(OutboundFailed):
        fetcher.get(site.url())


@pytest.mark.parametrize("text", [b"", b"hello\r\n\r\n", b"\x00" * 99, CUT_OFF])
def test_what_is_no_http_is_a_failure(fetcher, site, text):
    site.answer = lambda handler: handler.wfile.write(text) and None

    with pytest.raises(OutboundFailed):
        fetcher.get(site.url())


def test_slow_servers_take_no_more_than_their_places(site):
    """security.md, invariant 7: the threads that remain serve everybody else."""
    fetcher = OutboundFetcher(OutboundPolicy(), places=1, timeout=SHORT)
    reached, leave = threading.Event(), threading.Event()

    def slow(handler: BaseHTTPRequestHandler) -> None:
        reached.set()
        leave.wait(5)
        answer_with(b"{}")(handler)

    site.answer = slow
    first = threading.Thread(target=lambda: fetcher.get(site.url()))
    first.start()
    reached.wait(5)

    with pytest.raises(OutboundFailed):
        fetcher.get(site.url())

    leave.set()
    first.join()
    site.answer = answer_with(b"{}")
    assert fetcher.get(site.url()) == b"{}"


def test_a_host_that_the_operator_vouches_for_needs_no_tls(internet):
    site = internet.plain_site(answer_with(b"{}"))
    fetcher = OutboundFetcher(OutboundPolicy(frozenset({f"127.0.0.1:{site.port}"})))

    assert fetcher.get(f"http://127.0.0.1:{site.port}/x") == b"{}"
