"""Attacks by the servers of clients: slow, large, failing, or of too much interest (rows SS)."""

import gzip
import json
import time
from http.server import BaseHTTPRequestHandler

import pytest

from tests.attacks.rows import attack
from tests.attacks.sent_elsewhere import assert_refused
from tests.support.client_keys import ClientKey, assertion_claims, key_set, post_assertion
from tests.support.internet import answer_with

SECRET_PAGE = b'{"keys": [], "internal": "s3cret-of-the-inside"}'
MOST_SECONDS = 3.3


def drip(handler: BaseHTTPRequestHandler) -> None:
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000:
        handler.wfile.write(bytes([byte]))
        time.sleep(0.2)


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b"x" * 65_536)


@attack("SS-10")
@pytest.mark.parametrize(
    "answer",
    [
        drip,
        endless,
        answer_with(b"x" * 1_000_000),
        answer_with(gzip.compress(bytes(10_000_000)), Content_Encoding="gzip"),
    ],
    ids=["drips", "endless", "large", "a compressed bomb"],
)
def test_a_slow_or_large_answer_is_cut_off(internet, sent_to, answer):
    """CWE-400."""
    site = internet.site("keys.example", answer)
    started = time.monotonic()

    assert_refused(sent_to(site.url()))

    assert time.monotonic() - started < MOST_SECONDS


@attack("SS-12")
def test_a_flood_of_unknown_keys_makes_no_storm(internet, sent_to, own_key):
    """CWE-400: our server is no weapon against that of a client."""
    site = internet.site("keys.example", answer_with(json.dumps(key_set(own_key)).encode()))

    for _ in range(50):
        assert_refused(sent_to(site.url(), ClientKey()))

    assert len(site.requests) <= 3
    assert sent_to(site.url()).status_code == 200


@attack("SS-12")
def test_keys_that_change_all_the_time_are_not_chased(internet, sent_to):
    def rotating(handler: BaseHTTPRequestHandler) -> None:
        answer_with(json.dumps(key_set(ClientKey())).encode())(handler)

    site = internet.site("keys.example", rotating)

    for _ in range(50):
        assert_refused(sent_to(site.url()))

    assert len(site.requests) <= 3


@attack("SS-12")
def test_a_server_that_is_down_is_left_alone(internet, sent_to):
    site = internet.site("keys.example", answer_with(b"", 503))

    for _ in range(50):
        assert_refused(sent_to(site.url()))

    assert len(site.requests) == 1


@attack("SS-13")
@pytest.mark.parametrize("status", [200, 404, 500])
def test_nobody_reads_what_was_fetched(internet, sent_to, log_text, status):
    """CVE-2025-67494: neither in an answer nor in a log."""
    site = internet.site("keys.example", answer_with(SECRET_PAGE, status))

    answer = sent_to(site.url())

    assert_refused(answer)
    assert len(site.requests) == 1
    assert "s3cret" not in answer.text + log_text()


@pytest.fixture
def key():
    return ClientKey("RS256")


@attack("KT-08")
def test_a_key_that_the_client_has_withdrawn_is_refused(
    internet,
    make_app,
    make_client,
    new_client,
    key,
):
    """oidcc-refresh-token-rp-key-rotation: the new one is accepted, the old one no more."""
    second = ClientKey()
    site = internet.site("keys.example", answer_with(json.dumps(key_set(key)).encode()))
    client_id = make_client(
        token_endpoint_auth_method="private_key_jwt", jwks_uri=site.url()
    ).client_id
    http = new_client(make_app()[0])
    before = post_assertion(http, key.sign(assertion_claims(client_id))).status_code
    site.answer = answer_with(json.dumps(key_set(second)).encode())

    after = [
        post_assertion(http, used.sign(assertion_claims(client_id))).status_code
        for used in (second, key)
    ]

    assert [before, *after] == [200, 200, 401]
