"""Where a request came from (RFC 7239, section 8.1: anybody can write the header)."""

import ipaddress
import itertools

import pytest
from environs import ValidationError
from structlog.testing import capture_logs

from authserver.http import proxies
from authserver.http.proxies import UNKNOWN, client_address, network_of
from authserver.setting_rules import check_networks

TRUSTED = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))


def address(peer: str | None, forwarded: str | None = None, trusted=TRUSTED) -> str:
    environ = {"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded}
    return client_address({k: v for k, v in environ.items() if v is not None}, trusted)


def test_by_default_no_header_is_believed():
    """security.md, invariant 6."""
    assert address("192.0.2.1", "203.0.113.9", trusted=()) == "192.0.2.1"


def test_the_header_of_a_stranger_is_not_believed():
    assert address("192.0.2.1", "203.0.113.9") == "192.0.2.1"


@pytest.mark.parametrize(
    ("forwarded", "caller"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("198.51.100.1,203.0.113.9,10.2.2.2", "203.0.113.9"),
        ("2001:db8::1", "2001:db8::1"),
        ("10.3.3.3, 10.2.2.2", "10.3.3.3"),
        ("evil, 203.0.113.9", "203.0.113.9"),
    ],
)
def test_a_trusted_proxy_names_the_caller(forwarded, caller):
    """The last address that is not a proxy of ours: what is left of it may be invented."""
    assert address("10.1.1.1", forwarded) == caller


@pytest.mark.parametrize("forwarded", [None, "", " , ", "unknown", "_hidden", "203.0.113.9:80"])
def test_what_a_proxy_says_must_be_an_address(forwarded):
    assert address("10.1.1.1", forwarded) == "10.1.1.1"


def test_what_cannot_be_read_ends_the_search():
    """Whoever is left of it could be anybody."""
    assert address("10.1.1.1", "203.0.113.9, garbage, 10.2.2.2") == "10.2.2.2"


def test_a_proxy_may_have_an_address_of_the_new_kind():
    assert address("fd00::1", "203.0.113.9") == "203.0.113.9"


@pytest.mark.parametrize("forwarded", ["203.0.113.9", "::ffff:203.0.113.9"])
def test_a_proxy_of_the_old_kind_may_be_told_in_the_new_form(forwarded):
    """RFC 4291, section 2.5.5.2: so a socket for both kinds tells it."""
    assert address("::ffff:10.0.0.1", forwarded) == "203.0.113.9"


def test_a_chain_of_proxies_may_be_told_in_both_forms():
    assert address("10.0.0.1", "203.0.113.9, ::ffff:10.0.0.2") == "203.0.113.9"


def test_one_caller_has_one_address():
    assert address("::ffff:192.0.2.1") == address("192.0.2.1") == "192.0.2.1"


@pytest.mark.parametrize("trusted", [(), TRUSTED])
def test_a_header_that_is_not_believed_is_told_of_once(monkeypatch, trusted):
    """Behind a proxy that nobody named, all callers count as one for the throttles."""
    monkeypatch.setattr(proxies, "_warnings", itertools.count())

    with capture_logs() as logs:
        for _ in range(3):
            address("192.0.2.1", "203.0.113.9", trusted)

    assert [(line["event"], line["peer"]) for line in logs] == [("proxy.untrusted", "192.0.2.1")]
    assert "AUTHSERVER_TRUSTED_PROXIES" in logs[0]["detail"]


@pytest.mark.parametrize(("peer", "forwarded"), [("10.0.0.1", "203.0.113.9"), ("192.0.2.1", None)])
def test_of_any_other_header_nothing_is_told(monkeypatch, peer, forwarded):
    monkeypatch.setattr(proxies, "_warnings", itertools.count())

    with capture_logs() as logs:
        address(peer, forwarded)

    assert logs == []


def test_a_server_behind_a_socket_knows_no_address():
    assert address(None) == UNKNOWN


@pytest.mark.parametrize(
    ("caller", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", UNKNOWN),
        (None, UNKNOWN),
        ("garbage", UNKNOWN),
    ],
)
def test_one_customer_is_one_network(caller, network):
    """security.md, invariant 9: per /64."""
    assert network_of(caller) == network


@pytest.mark.parametrize(
    "network", ["proxy.example", "*", "10.0.0.1/8", "10.0.0.0/33", "unix:/run/proxy", "10.0.0", ""]
)
def test_trusted_proxies_are_told_by_their_networks_only(network):
    """A name could be made to stand for anybody; an address with a mask that does not fit it is a
    mistake."""
    with pytest.raises(ValidationError):
        check_networks([network])


def test_a_single_proxy_is_a_network_of_one():
    check_networks(["192.0.2.7", "2001:db8::7/128"])


@pytest.mark.parametrize("peer", ["11.0.0.1", "9.255.255.255", "fe00::1", "unknown", ""])
def test_who_is_just_outside_of_a_network_is_a_stranger(peer):
    assert address(peer, "203.0.113.9") != "203.0.113.9"


def test_many_hops_of_strangers_cost_nothing_more_than_their_number():
    """CWE-400: the header may fill a whole head."""
    forwarded = ", ".join(["203.0.113.9"] * 5000)

    assert address("10.1.1.1", forwarded) == "203.0.113.9"
