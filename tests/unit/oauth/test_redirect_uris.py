"""Whether an answer may go somewhere (RFC 9700, section 4.1.3; RFC 8252, section 7.3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authserver.oauth.authorization.redirect_uris import is_registered

WEB = "https://app.example/cb?a=1"
NATIVE = "com.example.app:/callback"
LOOPBACK = "http://127.0.0.1:5000/callback?x=http://127.0.0.1:1/"
LOOPBACK_6 = "http://[::1]/callback"
REGISTERED = (WEB, NATIVE, LOOPBACK, LOOPBACK_6)


@pytest.mark.parametrize("uri", REGISTERED)
def test_what_is_registered_is_registered(uri):
    assert is_registered(uri, REGISTERED)


def test_without_a_registration_there_is_nothing():
    assert not is_registered(WEB, ())


@pytest.mark.parametrize("port", ["", ":1", ":80", ":65535", ":00080"])
def test_the_port_of_the_loopback_address_is_free(port):
    assert is_registered(f"http://127.0.0.1{port}/callback?x=http://127.0.0.1:1/", REGISTERED)
    assert is_registered(f"http://[::1]{port}/callback", REGISTERED)


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:5000/callback",
        "http://127.0.0.1:5000/callback?x=http://127.0.0.1:2/",
        "http://127.0.0.1:5000/callback?x=http://127.0.0.1/",
        "http://127.0.0.1:500000/callback?x=http://127.0.0.1:1/",
        "http://127.0.0.1:/callback?x=http://127.0.0.1:1/",
        "http://127.0.0.1:\u0665/callback?x=http://127.0.0.1:1/",
        "http://127.0.0.1:5000@evil.com/callback?x=http://127.0.0.1:1/",
        "http://127.0.0.1.evil.com/callback?x=http://127.0.0.1:1/",
        "http://127.0.0.1:5000.evil.com/callback?x=http://127.0.0.1:1/",
        "http://0177.0.0.1:5000/callback?x=http://127.0.0.1:1/",
        "http://localhost/callback",
        "http://[::1]:5000/callback\n",
        "http://[::1]:5000\n/callback",
        "http://[0:0:0:0:0:0:0:1]/callback",
        "HTTP://[::1]/callback",
        "https://[::1]/callback",
    ],
)
def test_nothing_else_of_it_is(uri):
    assert not is_registered(uri, REGISTERED)


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example:443/cb?a=1",
        "https://app.example:8443/cb?a=1",
        "com.example.app:8080/callback",
    ],
)
def test_no_other_address_has_a_free_port(uri):
    assert not is_registered(uri, REGISTERED)


@given(st.text(max_size=60))
def test_only_equal_strings_match_where_there_is_no_loopback_address(uri):
    assert is_registered(uri, (WEB, NATIVE)) == (uri in (WEB, NATIVE))


@given(st.sampled_from(REGISTERED), st.integers(0, 60), st.characters())
def test_one_letter_more_is_another_address_unless_it_is_a_digit_of_a_port(uri, place, letter):
    changed = uri[:place] + letter + uri[place:]

    matches = is_registered(changed, REGISTERED)

    assert not matches or (changed.startswith("http://") and letter in "0123456789")
