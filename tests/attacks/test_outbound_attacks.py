"""Attacks through addresses that a client registers (rows SS): what only we can reach.

Driven through ``jwks_uri``, which is called when its client authenticates.
"""

import json
import time
from statistics import median

import pytest

from tests.attacks.rows import attack
from tests.attacks.sent_elsewhere import assert_refused
from tests.support.client_keys import assertion_claims, key_set, post_assertion
from tests.support.internet import answer_with


def test_what_is_attacked_works_for_who_does_not_attack(internet, sent_to, own_key):
    site = internet.site("keys.example", answer_with(json.dumps(key_set(own_key)).encode()))

    assert sent_to(site.url()).status_code == 200


@attack("SS-01")
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    ("host", "listening"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "127.0.0.1"),
        ("127.8.8.8", "127.0.0.1"),
        ("[::1]", "::1"),
        ("0.0.0.0", "127.0.0.1"),  # noqa: S104 - nobody listens there.
        ("[::]", "::1"),
    ],
)
def test_nobody_on_this_machine_is_called(internet, sent_to, scheme, host, listening):
    """CVE-2026-1180, CVE-2020-10770."""
    canary = internet.canary(listening)

    assert_refused(sent_to(f"{scheme}://{host}:{canary.port}/"))

    assert canary.connections == 0


@attack("SS-01")
def test_an_open_port_takes_the_time_of_a_closed_one(internet, make_app, make_client, own_key):
    """Nobody learns what listens here."""
    canary = internet.canary()
    application, _ = make_app()
    http, times = application.test_client(), {}

    for _ in range(10):
        for port in (canary.port, 1):
            client_id = make_client(
                token_endpoint_auth_method="private_key_jwt", jwks_uri=f"https://localhost:{port}/"
            ).client_id
            started = time.monotonic()
            assert_refused(post_assertion(http, own_key.sign(assertion_claims(client_id))))
            times.setdefault(port, []).append(time.monotonic() - started)

    assert abs(median(times[canary.port]) - median(times[1])) < 0.02
    assert canary.connections == 0


@attack("SS-03")
@pytest.mark.parametrize(
    "host",
    [
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "224.0.0.1",
        "255.255.255.255",
        "[fe80::1]",
        "[fe80::1%25lo]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[ff02::1]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:7f00:1::]",
    ],
)
def test_nobody_of_a_private_network_is_called(internet, sent_to, host):
    """CVE-2026-55671; the metadata services of clouds are among them."""
    assert_refused(sent_to(f"https://{host}/latest/meta-data/"))

    assert internet.called == []


@attack("SS-04")
@pytest.mark.parametrize(
    "host",
    [
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "127.0.0.1.",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "%31%32%37.0.0.1",
        "①②⑦.⓪.⓪.①",
    ],
)
def test_an_encoded_address_is_the_address(internet, sent_to, host):
    """CVE-2024-49753."""
    canary = internet.canary()

    for port in (canary.port, 443, 8443):
        assert_refused(sent_to(f"https://{host}:{port}/"))

    assert internet.called == []
    assert canary.connections == 0


@attack("SS-05")
@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["::1"],
        ["10.1.2.3"],
        ["::ffff:127.0.0.1"],
        ["93.184.215.14", "127.0.0.1"],
        ["127.0.0.1", "93.184.215.14"],
    ],
)
def test_a_name_of_a_private_address_is_not_called(internet, sent_to, addresses):
    """CVE-2026-56739: one such address among public ones is enough."""
    internet.names["rebind.test"] = addresses

    assert_refused(sent_to("https://rebind.test/"))

    assert internet.called == []


@attack("SS-06")
def test_a_resolver_that_changes_its_mind_gains_nothing(internet, sent_to, own_key):
    """CWE-367: the address that was checked is the one that is called."""
    site = internet.site("rebind.test", answer_with(json.dumps(key_set(own_key)).encode()))
    (public,) = internet.names["rebind.test"]
    answers = iter([[public]])
    internet.names["rebind.test"] = lambda: next(answers, ["127.0.0.1"])

    answer = sent_to(site.url())

    assert answer.status_code == 200
    assert internet.looked_up.count("rebind.test") == 1
    assert internet.called == [public]


@attack("SS-07")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(internet, sent_to, status):
    """CVE-2026-4366."""
    canary = internet.canary()
    location = f"http://127.0.0.1:{canary.port}/"
    site = internet.site("ok.test", answer_with(b"", status, Location=location))

    assert_refused(sent_to(site.url()))

    assert len(site.requests) == 1
    assert canary.connections == 0


@attack("SS-08")
@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "file://localhost/etc/passwd",
        "gopher://127.0.0.1:6379/_INFO",
        "ftp://127.0.0.1/",
        "dict://127.0.0.1:6379/info",
        "unix:/var/run/docker.sock",
        "http+unix://%2Fvar%2Frun%2Fdocker.sock/info",
        "jar:https://keys.example!/x",
        "data:application/json,{}",
        "//127.0.0.1/",
        "javascript:0",
        "",
    ],
)
def test_only_https_is_spoken(internet, sent_to, url):
    assert_refused(sent_to(url))

    assert internet.called == []


@attack("SS-09")
@pytest.mark.parametrize(
    "url",
    [
        "https://a@127.0.0.1:22/",
        "https://keys.example@127.0.0.1/",
        "https://a:b@keys.example/",
        "https://keys.example:22/",
        "https://keys.example:25/",
        "https://keys.example:6379/",
        "https://keys.example:5432/",
        "https://keys.example./",
        "https://keys.example:443:22/",
        "https://keys.example\\@127.0.0.1/",
        "https://keys.example#@127.0.0.1:22/",
        "https://127.0.0.1\t.keys.example/",
    ],
)
def test_users_services_and_strange_hosts_are_refused(internet, sent_to, url):
    """CVE-2026-1518."""
    site = internet.site("keys.example", answer_with(b"{}"))

    assert_refused(sent_to(url))

    assert "127.0.0.1" not in internet.called
    assert site.requests == [] or url.startswith("https://keys.example#")
