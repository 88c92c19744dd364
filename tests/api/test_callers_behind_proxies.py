"""Whom the throttles count when a proxy stands in front."""

import pytest

LOGIN = {"email": "nobody@example.com", "password": "correct horse battery staple"}


@pytest.fixture
def attempt(make_app):
    """``attempt(peer, caller)``: the status of a failed sign-in through a proxy."""
    app, _ = make_app(login_limit="2/hour", trusted_proxies=["10.0.0.0/8"])
    client = app.test_client()

    def attempt(peer: str, caller: str) -> int:
        answer = client.post(
            "/api/auth/login",
            json=LOGIN,
            headers={"X-Forwarded-For": caller},
            environ_base={"REMOTE_ADDR": peer},
        )
        return answer.status_code

    return attempt


@pytest.mark.parametrize("peer", ["10.1.2.3", "::ffff:10.1.2.3"])
def test_callers_behind_a_proxy_are_counted_apart(attempt, peer):
    """CWE-799: the server may listen on [::], and is told of IPv4 as IPv6."""
    for _ in range(2):
        attempt(peer, "203.0.113.1")

    assert attempt(peer, "203.0.113.1") == 429
    assert attempt(peer, "203.0.113.2") == 401


def test_one_caller_in_two_forms_is_counted_once(attempt):
    attempt("10.1.2.3", "203.0.113.1")
    attempt("10.1.2.3", "::ffff:203.0.113.1")

    assert attempt("10.1.2.3", "203.0.113.1") == 429
