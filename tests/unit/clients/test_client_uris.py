"""Which addresses a client may register: RFC 9700, section 4.1, and attack rows RU-*."""

import time

import pytest

from authserver.clients.uris import BadURIError, check_redirect_uri, check_web_uri, is_audience


def is_accepted(uri: str, *, native: bool = False) -> bool:
    try:
        check_redirect_uri(uri, native=native)
    except BadURIError:
        return False
    return True


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example/cb",
        "https://app.example",
        "https://app.example:8443/cb",
        "https://app.example/cb?a=1&b=%20",
        "https://user-content.app.example/~me/cb;v=1/a.b/..c",
        "https://192.0.2.1/cb",
        "https://[2001:db8::1]:8443/cb",
        "http://localhost:3000/cb",
        "http://127.0.0.1/cb",
        "http://[::1]:49152/cb",
        "https://xn--bcher-kva.example/cb",
    ],
)
def test_exact_addresses_are_accepted(uri):
    assert is_accepted(uri)


@pytest.mark.parametrize(
    "uri",
    [
        pytest.param("https://*.example/cb", id="RU-26"),
        pytest.param("*", id="RU-26 alone"),
        pytest.param("https://app.example/*", id="RU-26 in the path"),
        pytest.param("https://app.example@evil.com/cb", id="RU-04"),
        pytest.param("https://app.example@a@evil.com/cb", id="RU-05"),
        pytest.param("https://app.example:pass@evil.com/cb", id="password"),
        pytest.param("https://app.example/cb/../evil", id="RU-07"),
        pytest.param("https://app.example/./cb", id="single dot"),
        pytest.param("https://app.example/cb/..", id="dots at the end"),
        pytest.param("https://app.example/cb/%2e%2e/evil", id="RU-08"),
        pytest.param("https://app.example/cb/..%2Fevil", id="RU-08 slash"),
        pytest.param("https://app.example/cb/..%252Fevil", id="RU-08 twice"),
        pytest.param("https://app.example/cb/%25%32%65%2e/evil", id="encoded digits"),
        pytest.param("https://app.example/cb/%252525252e./evil", id="encoded five times"),
        pytest.param("https://app.example/cb/..%5Cevil", id="encoded backslash"),
        pytest.param("https://app.example/cb#", id="empty fragment"),
        pytest.param("https://app.example/cb#code", id="fragment"),
        pytest.param("//app.example/cb", id="RU-21"),
        pytest.param("https:app.example/cb", id="RU-22 no slashes"),
        pytest.param("/cb", id="RU-22 path"),
        pytest.param("cb", id="RU-22 name"),
        pytest.param("https:///cb", id="no host"),
        pytest.param("https://app.example\\@evil.com/cb", id="RU-24 backslash"),
        pytest.param("\thttps://evil.com", id="RU-24 tab"),
        pytest.param("ht\ntps://app.example/cb", id="line end within"),
        pytest.param(" https://app.example/cb", id="RU-24 space"),
        pytest.param("https://app.example/c b", id="space within"),
        pytest.param("https://app.example/cb\x00", id="NUL"),
        pytest.param("https://bücher.example/cb", id="not ASCII"),
        pytest.param("https://app.example/\ud800", id="lone surrogate"),
        pytest.param('https://app.example/"><script>', id="quotes"),
        pytest.param("https://app.example/%zz", id="broken encoding"),
        pytest.param("https://app.example:99999/cb", id="port too high"),
        pytest.param("https://app.example:0/cb", id="port 0"),
        pytest.param("https://app.example:x/cb", id="port of letters"),
        pytest.param("https://app..example/cb", id="empty label"),
        pytest.param("https://app_.example/cb", id="underscore"),
        pytest.param("https://%65vil.com/cb", id="encoded host"),
        pytest.param("https://[::1].evil.com/cb", id="host after brackets"),
        pytest.param("https://[::1/cb", id="open bracket"),
        pytest.param("https://[v1.x]/cb", id="future address"),
        pytest.param("http://app.example/cb", id="RU-20"),
        pytest.param("http://localhost.evil.com/cb", id="not quite localhost"),
        pytest.param("http://127.0.0.1.evil.com/cb", id="not quite loopback"),
        pytest.param("http://10.0.0.1/cb", id="private network"),
        pytest.param("javascript:alert(1)", id="javascript"),
        pytest.param("data:text/html,x", id="data"),
        pytest.param("file:///etc/passwd", id="file"),
        pytest.param("myapp:/cb", id="scheme without a dot"),
        pytest.param("", id="empty"),
        pytest.param("https://app.example/" + "a" * 2029, id="2049 characters"),
    ],
)
def test_whatever_can_be_read_in_two_ways_is_refused(uri):
    """RFC 9700, section 4.1.1; RFC 6749, section 3.1.2."""
    assert not is_accepted(uri, native=True)


def test_2048_characters_are_accepted():
    assert is_accepted("https://app.example/" + "a" * 2028)


@pytest.mark.parametrize("uri", ["com.example.app:/callback", "com.example.app://callback"])
def test_a_public_client_may_use_a_private_use_scheme(uri):
    """RFC 8252, section 7.1."""
    assert is_accepted(uri, native=True)


def test_a_confidential_client_may_not_use_a_private_use_scheme():
    assert not is_accepted("com.example.app:/callback", native=False)


@pytest.mark.parametrize(
    "uri", ["com.example.app:/../evil", "com.example.app://a@b/cb", "com.example.app:"]
)
def test_a_private_use_scheme_lifts_no_other_rule(uri):
    assert not is_accepted(uri, native=True)


def test_an_address_that_is_encoded_a_thousand_times_is_refused_at_once():
    """CWE-400."""
    uri = "https://app.example/%" + "25" * 1010

    begun_at = time.perf_counter()
    accepted = is_accepted(uri)
    elapsed = time.perf_counter() - begun_at

    assert not accepted
    assert elapsed < 0.05


def test_a_page_of_a_client_may_be_https():
    check_web_uri("https://app.example/terms?lang=en")


@pytest.mark.parametrize(
    "uri", ["http://app.example/", "http://localhost/", "javascript:alert(1)", "https://a@b/"]
)
def test_a_page_of_a_client_may_be_nothing_else(uri):
    with pytest.raises(BadURIError):
        check_web_uri(uri)


@pytest.mark.parametrize("name", ["https://api.example/v1", "urn:example:api", "orders", "a" * 255])
def test_uris_and_plain_names_may_be_audiences(name):
    """RFC 8707, section 2."""
    assert is_audience(name)


@pytest.mark.parametrize(
    "name",
    ["", "two words", "https://api.example/#f", "tab\t", 'quo"te', "größe", "a" * 256, "a\n"],
)
def test_nothing_else_may_be_an_audience(name):
    assert not is_audience(name)
