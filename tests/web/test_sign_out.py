"""The question whether to sign out (OpenID Connect RP-Initiated Logout 1.0, section 2)."""

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask

from authserver.wiring import Services
from tests.factories.clients import ClientFactory, TestClient
from tests.factories.users import TestUser, UserFactory
from tests.support.browsers import SESSION, TestBrowser, make_party
from tests.support.relying_party import FORM

AFTER = "https://app.example/after"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture
def browser(app: Flask, services: Services) -> TestBrowser:
    return TestBrowser(app, services)


@pytest.fixture
def party(make_client: ClientFactory) -> TestClient:
    return make_party(
        make_client,
        client_name="Example Photos",
        post_logout_redirect_uris=[AFTER],
    )


@pytest.fixture
def user(make_user: UserFactory, browser: TestBrowser) -> TestUser:
    """Somebody who is signed in in the browser."""
    user = make_user(full_name="Una Example")
    browser.sign_in(user)
    return user


def submit(browser: TestBrowser, address: str, answer: str, **headers: str) -> Any:
    """Fill in the form as it is shown."""
    token = _TOKEN.search(browser.http.get(address).text)
    assert token is not None
    form = urlencode({"csrf_token": token[1], "answer": answer})
    return browser.http.post(address, data=form, content_type=FORM, headers=headers)


def question(browser: TestBrowser, party: TestClient, **parameters: str) -> str:
    """Where the client's request leads."""
    values = {"client_id": party.client_id, "post_logout_redirect_uri": AFTER, "state": "s"}
    return str(browser.end_session(**(values | parameters)).headers["Location"])


def test_the_page_says_who_asks_and_who_would_be_signed_out(browser, party, user):
    page = browser.http.get(question(browser, party))

    assert page.status_code == 200
    assert "Example Photos" in page.text
    assert user.email in page.text
    assert 'id="logout-confirm"' in page.text


def test_the_page_speaks_the_language_that_the_client_asks_for(browser, party, user):
    page = browser.http.get(question(browser, party, ui_locales="de-AT en"))

    assert '<html lang="de"' in page.text


def test_a_yes_signs_out_and_leads_back_to_the_client(browser, party, user):
    answered = submit(browser, question(browser, party), "sign_out")
    done = browser.http.get(answered.headers["Location"])

    assert answered.status_code == 303
    assert (done.status_code, done.headers["Location"]) == (303, f"{AFTER}?state=s")
    assert browser.cookie(SESSION) is None


def test_the_form_may_lead_on_by_the_scheme_of_the_client(browser, party, user):
    page = browser.http.get(question(browser, party))

    policy = page.headers["Content-Security-Policy"]
    assert "form-action 'self' https:;" in policy


def test_a_no_leaves_everything_as_it_is(browser, party, user):
    answered = submit(browser, question(browser, party), "stay")

    assert answered.headers["Location"] == "/"
    assert user.email in browser.http.get("/").text


def test_everybody_in_the_browser_is_signed_out(browser, party, user, make_user):
    other = make_user()
    browser.sign_in(other)

    answered = submit(browser, question(browser, party), "sign_out")
    browser.http.get(answered.headers["Location"])

    start = browser.http.get("/").text
    assert user.email not in start
    assert other.email not in start


def test_who_comes_by_themselves_is_asked_as_well(browser, user):
    answered = submit(browser, "/sign-out", "sign_out")
    done = browser.http.get(answered.headers["Location"])

    assert done.status_code == 200
    assert "signed out" in done.text
    assert user.email not in browser.http.get("/").text


def test_with_nobody_signed_in_there_is_no_question(browser):
    answer = browser.http.get("/sign-out")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


def test_who_was_signed_out_meanwhile_goes_on(browser, party, user):
    address = question(browser, party)
    browser.http.delete_cookie(SESSION)

    answer = browser.http.get(address)
    done = browser.http.get(answer.headers["Location"])

    assert done.headers["Location"] == f"{AFTER}?state=s"


def test_an_old_yes_does_not_sign_out_who_has_signed_in_since(browser, party, user):
    """Its address may still be open in another tab."""
    answered = submit(browser, question(browser, party), "sign_out")
    browser.http.get(answered.headers["Location"])
    browser.sign_in(user)

    browser.http.get(answered.headers["Location"])

    assert user.email in browser.http.get("/").text


@pytest.mark.parametrize("flow", ["garbage", "", "a.b"])
def test_a_damaged_question_is_an_error_page(browser, user, flow):
    answer = browser.http.get(f"/sign-out?{urlencode({'flow': flow})}")

    assert answer.status_code == 400
    assert 'id="error"' in answer.text


def test_an_old_question_has_expired(make_app, make_user, make_client):
    browser = TestBrowser(*make_app(authorization_request_ttl=-1))
    browser.sign_in(make_user())
    party = make_party(make_client, post_logout_redirect_uris=[AFTER])

    answer = browser.http.get(question(browser, party))

    assert answer.status_code == 400
    assert "took too long" in answer.text or "expired" in answer.text.lower()
