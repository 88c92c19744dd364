"""The frame that clients ask (OpenID Connect Session Management 1.0, section 3.2).

What its script answers is tested in Chromium: ``tests/browser/test_session_management.py``.
"""

import re

import pytest

from tests.support.browsers import STATE

PATH = "/oauth2/check_session"


@pytest.fixture
def frame(client):
    return client.get(PATH)


def test_it_is_a_page_for_everybodys_frames(frame):
    assert frame.status_code == 200
    assert "frame-ancestors *" in frame.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in frame.headers
    assert frame.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_its_script_is_the_only_one_that_runs(frame):
    policy = frame.headers["Content-Security-Policy"]
    (nonce,) = re.findall(r"'nonce-([^']+)'", policy)

    assert policy.startswith("default-src 'none'")
    (script,) = re.findall(r"<script[^>]*>", frame.text)
    assert f'nonce="{nonce}" data-cookie="{STATE}"' in script


def test_the_nonce_is_another_one_each_time(client, frame):
    again = client.get(PATH)

    assert again.headers["Content-Security-Policy"] != frame.headers["Content-Security-Policy"]


def test_it_sets_no_cookie(frame):
    """A frame in the page of somebody else must not mark the browser."""
    assert "Set-Cookie" not in frame.headers


def test_it_is_only_read(client):
    assert client.post(PATH).status_code == 405


def test_no_other_page_may_be_framed(client):
    for path in ("/", "/sign-in", "/oauth2/end_session", "/oauth2/authorize"):
        assert "frame-ancestors 'none'" in client.get(path).headers["Content-Security-Policy"]


def test_discovery_names_it(client):
    assert (
        client.get("/.well-known/openid-configuration").json["check_session_iframe"].endswith(PATH)
    )
