"""OpenID Connect Session Management 1.0, sections 2 and 4.2."""

import hashlib

import pytest

from authserver.http.cookies import Cookies, changed_accounts
from authserver.oauth.session_state import browser_state, session_state

SECURE = Cookies.of("https://id.example")
VALUE = "a-value-of-a-cookie"


def environ(cookie: str) -> dict[str, str]:
    return {"HTTP_COOKIE": cookie}


@pytest.mark.parametrize(
    ("redirect_uri", "origin"),
    [
        ("https://app.example/cb?a=b", "https://app.example"),
        ("https://app.example:8443/cb", "https://app.example:8443"),
        ("https://app.example:443/cb", "https://app.example"),
        ("http://127.0.0.1:5000/cb", "http://127.0.0.1:5000"),
    ],
)
def test_it_is_a_digest_over_client_origin_and_browser(redirect_uri, origin):
    digest, _, salt = (session_state("app", redirect_uri, VALUE) or "").partition(".")

    text = f"app {origin} {VALUE} {salt}"
    assert digest == hashlib.sha256(text.encode()).hexdigest()
    assert len(salt) >= 16


def test_no_two_are_alike():
    """Nobody can tell by it that two clients have the same browser before them."""
    first, second = (session_state("app", "https://app.example/cb", VALUE) for _ in range(2))

    assert first != second


def test_it_has_no_space_in_it():
    assert " " not in str(session_state("app", "https://app.example/cb", VALUE))


def test_a_program_on_a_device_has_none():
    assert session_state("app", "com.example.app:/cb", VALUE) is None


def test_the_browser_keeps_its_value():
    value, headers = browser_state(environ(f"__Host-authserver_state={VALUE}"), SECURE)

    assert (value, headers) == (VALUE, [])


@pytest.mark.parametrize("cookie", ["", "__Host-authserver_state=<x>", "authserver_state=abc"])
def test_a_browser_without_one_is_given_one(cookie):
    value, ((name, header),) = browser_state(environ(cookie), SECURE)

    assert name == "Set-Cookie"
    assert header.startswith(f"__Host-authserver_state={value}; ")


def test_scripts_in_frames_of_others_may_read_it():
    _, ((_, header),) = browser_state(environ(""), SECURE)

    assert "HttpOnly" not in header
    assert "Secure; SameSite=None" in header


def test_a_changed_account_is_another_state():
    first, second = (changed_accounts(SECURE, "value")[1] for _ in range(2))

    assert first != second


def test_without_accounts_the_cookie_goes_by_the_attributes_that_it_came_with():
    """OWASP ASVS 5.0, section 14.3.1."""
    (_, set_header), _ = changed_accounts(SECURE, "value")
    (_, removed), _ = changed_accounts(SECURE, None)

    assert removed.replace("=; Max-Age=0;", "=value;") == set_header
