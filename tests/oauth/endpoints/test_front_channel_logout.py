"""Pages of clients that are loaded at a sign-out (OpenID Connect Front-Channel Logout 1.0)."""

import html
import re
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from authserver.actor import SYSTEM
from authserver.clients.service import ClientService
from tests.conftest import ISSUER
from tests.support.browsers import REDIRECT_URI, TestBrowser, make_party

AFTER = "https://app.example/after"
PAGE = "https://app.example/signed-out?kept=1"


def frames(answer) -> list[str]:
    return [html.unescape(src) for src in re.findall(r'<iframe src="([^"]+)"', answer.text)]


def sign_out(browser: TestBrowser, grants):
    return browser.end_session(
        id_token_hint=grants.id_token, post_logout_redirect_uri=AFTER, state="s"
    )


@pytest.fixture
def party(make_client):
    """``party(...)``: a client with a page for sign-outs; more metadata by name."""
    values = {
        "frontchannel_logout_uri": PAGE,
        "post_logout_redirect_uris": [AFTER],
        "redirect_uris": [REDIRECT_URI, "https://other.example/cb"],
    }
    return lambda **metadata: make_party(make_client, **(values | metadata))


def test_the_page_of_a_client_that_took_part_is_loaded(browser, user, party):
    browser.sign_in(user)
    grants = browser.join(party())

    answer = sign_out(browser, grants)

    assert answer.status_code == 200
    assert frames(answer) == [PAGE]


def test_it_is_told_issuer_and_sid_when_it_wants_them(browser, user, party):
    """Section 2; the sid is that of the ID token."""
    browser.sign_in(user)
    grants = browser.join(party(frontchannel_logout_session_required=True))

    (frame,) = frames(sign_out(browser, grants))

    claims = jwt.decode(grants.id_token, options={"verify_signature": False})
    assert parse_qs(urlsplit(frame).query) == {
        "kept": ["1"],
        "iss": [ISSUER],
        "sid": [claims["sid"]],
    }


def test_all_clients_of_the_sign_in_are_told(browser, user, party):
    browser.sign_in(user)
    other = "https://other.example/out"
    browser.join(party(frontchannel_logout_uri=other))
    grants = browser.join(party())

    answer = sign_out(browser, grants)

    assert sorted(frames(answer)) == sorted([PAGE, other])


def test_a_client_that_took_no_part_is_not_told(browser, user, party):
    party(frontchannel_logout_uri="https://other.example/out")
    browser.sign_in(user)
    grants = browser.join(party())

    answer = sign_out(browser, grants)

    assert frames(answer) == [PAGE]


def test_the_client_of_another_browser_is_not_told(browser, user, party, app, services):
    elsewhere = TestBrowser(app, services)
    elsewhere.sign_in(user)
    elsewhere.join(party(frontchannel_logout_uri="https://other.example/out"))
    browser.sign_in(user)
    grants = browser.join(party())

    answer = sign_out(browser, grants)

    assert frames(answer) == [PAGE]


def test_the_page_may_show_those_frames_and_no_others(browser, user, party):
    browser.sign_in(user)
    grants = browser.join(party())

    policy = sign_out(browser, grants).headers["Content-Security-Policy"]

    assert "frame-src https://app.example;" in f"{policy};"
    assert "frame-ancestors 'none'" in policy


def test_then_the_person_goes_on(browser, user, party):
    """By a script, and without scripts by a link or by themselves after a while."""
    browser.sign_in(user)
    grants = browser.join(party())

    answer = sign_out(browser, grants)

    assert f'href="{AFTER}?state=s" data-follow' in answer.text
    assert f'<noscript><meta http-equiv="refresh" content="4; url={AFTER}?state=s">' in answer.text


def test_without_such_clients_there_is_no_page_in_between(browser, user, party):
    browser.sign_in(user)
    grants = browser.join(party(frontchannel_logout_uri=None))

    answer = sign_out(browser, grants)

    assert (answer.status_code, answer.headers["Location"]) == (303, f"{AFTER}?state=s")


def test_a_disabled_client_is_not_told(browser, user, party, services):
    disabled = party(frontchannel_logout_uri="https://other.example/out")
    browser.sign_in(user)
    browser.join(disabled)
    grants = browser.join(party())
    services.get(ClientService).disable(SYSTEM, disabled.client_id)

    answer = sign_out(browser, grants)

    assert frames(answer) == [PAGE]


def test_it_cannot_lead_the_person_away(browser, user, party):
    """A frame that goes elsewhere with the whole window would end up as a false sign-in page."""
    browser.sign_in(user)
    grants = browser.join(party())

    answer = sign_out(browser, grants)

    (allowed,) = re.findall(r'<iframe [^>]*sandbox="([^"]*)"', answer.text)
    assert set(allowed.split()) == {"allow-same-origin", "allow-scripts", "allow-forms"}
