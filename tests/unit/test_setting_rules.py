"""What the values of settings must look like."""

import pytest
from environs import ValidationError

from authserver.setting_rules import (
    check_database_url,
    check_hosts,
    check_issuer,
    check_limit,
    check_origins,
    origin_of,
)


@pytest.mark.parametrize(
    "issuer",
    [
        "https://id.example.com",
        "https://id.example.com:8443",
        "https://192.0.2.1",
        "https://[2001:db8::1]:8443",
        "http://localhost:8000",
        "http://127.0.0.1:8000",
        "http://[::1]:8000",
    ],
)
def test_an_issuer_is_scheme_host_and_port(issuer):
    check_issuer(issuer)


@pytest.mark.parametrize(
    "issuer",
    [
        *("", "id.example.com", "ftp://x", "https://", "https:x", "https://x:99999", "https://x:0"),
        *("https://x/", "https://x?", "https://x#", "https://x/a", "https://x?a", "https://x#a"),
        *("https://u:p@x", "https://@x", "https://x:", "https://x:443", "https://x:0443"),
        *("HTTPS://x", "https://X", "https://x y", " https://x", "https://x\n", "https://x\\a"),
        *(
            "https://[::1",
            "https://[::g]",
            "https://[0::1]",
            "https://..",
            "https://\u00e9.example",
        ),
        *("http://x", "http://127.0.0.2", "http://localhost.example"),
    ],
)
def test_an_issuer_in_any_other_form_is_refused(issuer):
    """RFC 8414, section 2: it is compared letter by letter by everybody."""
    with pytest.raises(ValidationError):
        check_issuer(issuer)


@pytest.mark.parametrize("issuer", ["https://u:secret@X:443/a?b", "HTTPS://X"])
def test_the_refusal_tells_the_right_form(issuer):
    with pytest.raises(ValidationError, match="https://x\\.") as refusal:
        check_issuer(issuer)

    assert "secret" not in str(refusal.value)


def test_hosts_that_clients_may_send_us_to_have_a_port_or_none():
    check_hosts([])
    check_hosts(["127.0.0.1:9000", "app_1.internal"])


@pytest.mark.parametrize("host", ["", "https://x", "X", "x:", "x:0", "x/", "x y", "*", "u@x"])
def test_what_is_no_host_cannot_be_vouched_for(host):
    with pytest.raises(ValidationError):
        check_hosts(["app.internal", host])


def test_origins_are_checked_one_by_one():
    check_origins([])
    check_origins(["https://app.example", "http://localhost:3000"])


@pytest.mark.parametrize(
    "origin",
    [
        *("null", "*", "", "https://*.example", "app.example", "https://app.example/"),
        *("https://App.example", "https://app.example:443", "http://app.example:80"),
        *("com.example.app://x", "https://u@app.example", "https://app.example/cb"),
    ],
)
def test_what_no_browser_sends_is_no_origin(origin):
    """CWE-942; it would silently never match."""
    with pytest.raises(ValidationError, match="Expected origins such as"):
        check_origins(["https://app.example", origin])


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("https://App.Example:443/cb?a#b", "https://app.example"),
        ("HTTP://LOCALHOST:80", "http://localhost"),
        ("https://[0:0::1]:8443/cb", "https://[::1]:8443"),
        ("com.example.app:/cb", None),
        ("https://x:99999", None),
    ],
)
def test_an_address_has_one_origin_at_most(address, origin):
    assert origin_of(address) == origin


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p%40ss@host/db",
        "postgresql://u:p@h1:5432,h2:5432/db?target_session_attrs=read-write",
        "postgresql:///db?host=/run/postgresql&user=a@b",
        "postgres://u@host/db",
    ],
)
def test_an_address_of_a_database_is_taken(url):
    check_database_url(url)


@pytest.mark.parametrize(
    "url", ["postgresql://u:se@cret@host/db", "postgresql://u:se/cret@host/db", "mysql://u@h/db"]
)
def test_a_password_that_would_be_taken_for_a_host_is_refused_and_not_shown(url):
    """CWE-532: libpq names the host that it does not find."""
    with pytest.raises(ValidationError) as refusal:
        check_database_url(url)

    assert "cret" not in str(refusal.value)


@pytest.mark.parametrize("limit", ["\u00b2/second", "0/minute", "5", "5/day", "-1/hour", ""])
def test_what_is_no_limit_is_refused(limit):
    with pytest.raises(ValidationError):
        check_limit(limit)
