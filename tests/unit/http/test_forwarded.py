"""Addresses in the header Forwarded (RFC 7239)."""

import pytest

from authserver.http.forwarded import as_x_forwarded_for


@pytest.mark.parametrize(
    ("header", "addresses"),
    [
        ("", ""),
        ("for=192.0.2.60", "192.0.2.60"),
        ("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"),
        ("proto=https; For=192.0.2.43:4711", "192.0.2.43"),
        ('for="192.0.2.43:4711"', "192.0.2.43"),
        ('For="[2001:db8:cafe::17]:4711"', "2001:db8:cafe::17"),
        ('for="[2001:db8::17]", for=198.51.100.17', "2001:db8::17, 198.51.100.17"),
        ("for=unknown, for=_hidden", "unknown, unknown"),
        ("proto=https", "unknown"),
    ],
)
def test_hops_are_read_in_their_order(header: str, addresses: str) -> None:
    """RFC 7239, sections 4 and 6."""
    assert as_x_forwarded_for(header) == addresses


@pytest.mark.parametrize("stranger", ['for="', "for=1.1.1.1;", ",,,", "x" * 10_000, 'for="a, b"'])
def test_what_a_stranger_wrote_stays_before_what_the_proxy_added(stranger: str) -> None:
    """CWE-348: the hop that counts is the last one."""
    assert as_x_forwarded_for(f"{stranger}, for=203.0.113.9").endswith(", 203.0.113.9")
