"""Where a client may send us, before anybody is asked what a name stands for."""

import pytest

from authserver.http.outbound_policy import Destination, OutboundPolicy, OutboundRefused

POLICY = OutboundPolicy(frozenset({"127.0.0.1:9000", "app.internal"}))


@pytest.mark.parametrize(
    ("url", "host", "port", "target"),
    [
        ("https://app.example", "app.example", 443, "/"),
        ("https://APP.example/jwks?a=b", "app.example", 443, "/jwks?a=b"),
        ("https://app.example:8443/x#digest", "app.example", 8443, "/x"),
        ("https://93.184.215.14/", "93.184.215.14", 443, "/"),
        ("https://[2606:4700::1111]:8443/", "2606:4700::1111", 8443, "/"),
    ],
)
def test_an_https_address_of_a_public_host_is_taken_apart(url, host, port, target):
    assert POLICY.check(url) == Destination("https", host, port, target, private=False)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "app.example",
        "//app.example/",
        "https://",
        "https:///path",
        "http://app.example/",
        "file:///etc/passwd",
        "gopher://app.example/",
        "ftp://app.example/",
        "dict://app.example:2628/",
        "unix:/var/run/docker.sock",
        "https://user@app.example/",
        "https://user:password@app.example/",
        "https://app.example@127.0.0.1/",
        "https://app.example:22/",
        "https://app.example:0/",
        "https://app.example:65536/",
        "https://app.example:x/",
        "https://app.example:6379/",
        "https://app.example./",
        "https://app..example/",
        "https://-app.example/",
        "https://app.example\\@127.0.0.1/",
        "https://app.example/a b",
        "https://app.example/\r\nX: y",
        "https://app.example/\tx",
        "https://äpp.example/",
        "https://%6c%6f%63alhost/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fe80::1%25eth0]/",
        "https://[v1.x]/",
        "https://[::1/",
        "https://10.0.0.1:8443/",
        "https://app.example/" + "a" * 2048,
    ],
)
def test_every_other_address_is_refused(url):
    """Attacks SS-01 to SS-04, SS-08 and SS-09."""
    with pytest.raises(OutboundRefused):
        POLICY.check(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9000/x", "https://app.internal:5000/"])
def test_a_host_that_the_operator_vouches_for_may_be_private(url):
    assert POLICY.check(url).private


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9001/", "http://127.0.0.1/", "http://x.internal/"]
)
def test_its_neighbours_may_not(url):
    with pytest.raises(OutboundRefused):
        POLICY.check(url)


def test_a_refusal_shows_nothing_of_the_address():
    with pytest.raises(OutboundRefused) as refused:
        POLICY.check("https://s3cret@app.example/")

    assert "s3cret" not in str(refused.value)
