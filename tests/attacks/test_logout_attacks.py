"""Attacks on the way out: LO rows, and the forms that end sessions (LG-03)."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest

from authserver.jobs import jobs
from authserver.storage.job_worker import JobWorker
from tests.attacks.rows import attack
from tests.support.browsers import (
    SESSION,
    Grants,
    TestBrowser,
    answer_of,
    make_party,
)
from tests.support.logout_receiver import LogoutReceiver, logout_receiver
from tests.support.relying_party import FORM, RelyingParty

AFTER = "https://app.example/after"


@pytest.fixture
def browser(app, services, client) -> TestBrowser:
    """With a client that watches each answer."""
    browser = TestBrowser(app, services)
    browser.http = client
    return browser


@pytest.fixture
def web(make_client):
    return make_party(make_client, post_logout_redirect_uris=[AFTER])


@pytest.fixture
def grants(browser, user, web) -> Grants:
    browser.sign_in(user)
    return browser.join(web)


def silent(browser: TestBrowser, web: Any) -> dict[str, str]:
    return answer_of(browser.authorize(web, prompt="none"))


@attack("LO-02")
def test_a_proven_logout_goes_back_with_its_state_and_is_one(browser, web, grants):
    """oidcc-rp-initiated-logout."""
    answer = browser.end_session(
        id_token_hint=grants.id_token, post_logout_redirect_uri=AFTER, state="S"
    )

    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{AFTER}?state=S"
    assert silent(browser, web)["error"] == "login_required"


@attack("RF-26")
@pytest.mark.parametrize(("scope", "status"), [("openid", 400), ("openid offline_access", 200)])
def test_refresh_tokens_end_with_the_sign_in_but_for_offline_access(
    browser, user, web, scope, status
):
    """OpenID Connect Core 1.0, section 11; Back-Channel Logout 1.0, section 2.7."""
    browser.sign_in(user)
    granted = browser.join(web, scope=scope)

    browser.end_session(id_token_hint=granted.id_token)

    assert RelyingParty(browser.http, web).refresh(granted.refresh_token).status_code == status


@attack("LO-03")
@pytest.mark.parametrize("uri", ["https://evil.example/", f"{AFTER}?added=1", f"{AFTER}%2f"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nobody_is_sent_to_an_address_that_is_not_registered(browser, web, grants, uri, method):
    """oidcc-rp-initiated-logout-bad-post-logout-redirect-uri and its likes."""
    query = urlencode({"id_token_hint": grants.id_token, "post_logout_redirect_uri": uri})

    if method == "GET":
        answer = browser.http.get(f"/oauth2/end_session?{query}")
    else:
        answer = browser.http.post("/oauth2/end_session", data=query, content_type=FORM)

    assert answer.status_code == 400
    assert answer.content_type.startswith("text/html")
    assert "Location" not in answer.headers
    assert "evil" not in answer.text
    assert "code" in silent(browser, web)


@attack("LO-13")
def test_the_cookie_goes_as_it_came(browser, grants):
    """ASVS 14.3.1: with other attributes a browser would keep the old one beside it."""
    answer = browser.end_session(id_token_hint=grants.id_token)

    (removed,) = [c for c in answer.headers.getlist("Set-Cookie") if c.startswith(SESSION)]
    assert removed == f"{SESSION}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"


@attack("LO-13")
def test_a_kept_cookie_is_worth_nothing(browser, web, grants):
    cookie = browser.cookie(SESSION)
    browser.end_session(id_token_hint=grants.id_token)

    browser.http.set_cookie(SESSION, cookie)

    assert silent(browser, web)["error"] == "login_required"


@pytest.fixture
def receiver() -> Iterator[LogoutReceiver]:
    with logout_receiver() as receiver:
        yield receiver


@attack("LO-09")
def test_a_logout_token_cannot_be_taken_for_anything_else(make_app, make_client, user, receiver):
    """Back-Channel Logout 1.0, section 2.4: neither for an ID token nor for an access token."""
    app, services = make_app(outbound_allowed_hosts=["127.0.0.1"])
    browser = TestBrowser(app, services)
    web = make_party(make_client, backchannel_logout_uri=receiver.uri)
    browser.sign_in(user)
    grants = browser.join(web)
    browser.end_session(id_token_hint=grants.id_token)

    JobWorker(services.settings.database_url, jobs(services)).run_until_empty()

    (token,) = receiver.tokens
    claims = jwt.decode(token, options={"verify_signature": False})
    assert jwt.get_unverified_header(token)["typ"] == "logout+jwt"
    assert {"iss", "aud", "iat", "exp", "jti", "events", "sub", "sid"} <= claims.keys()
    assert claims["exp"] - claims["iat"] <= 120
    assert "nonce" not in claims
    assert browser.end_session(id_token_hint=token).status_code == 400
    bearer = {"Authorization": f"Bearer {token}"}
    assert browser.http.get("/oauth2/userinfo", headers=bearer).status_code == 401


@attack("LG-03")
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {},
    ],
    ids=["cross-site", "foreign origin", "no origin", "no header"],
)
def test_a_form_of_others_signs_nobody_out(browser, web, grants, headers):
    answer = browser.http.post(
        "/sign-out", data="answer=sign_out", content_type=FORM, headers=headers
    )

    assert answer.status_code == 403
    assert "code" in silent(browser, web)


@attack("LG-03")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/auth/logout"),
        ("POST", "/api/auth/logout-all"),
        ("DELETE", "/api/users/{id}/sessions"),
        ("PUT", "/api/users/{id}/password"),
    ],
)
def test_a_cookie_alone_does_nothing_at_the_api(browser, web, grants, user, method, path):
    """What the browser sends by itself is no proof there: a token must be shown."""
    answer = browser.http.open(path.format(id=user.id), method=method, json={})

    assert answer.status_code == 401
    assert "code" in silent(browser, web)
