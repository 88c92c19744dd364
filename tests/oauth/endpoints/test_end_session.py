"""Logout (OpenID Connect RP-Initiated Logout 1.0)."""

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.browsers import (
    BROWSER,
    SESSION,
    STATE,
    Grants,
    TestBrowser,
    answer_of,
    make_party,
)
from tests.support.relying_party import FORM, RelyingParty

AFTER = "https://app.example/after?kept=1"


@pytest.fixture
def client_of(make_client):
    """A client that may send people to ``AFTER``; more metadata by name."""
    return lambda **metadata: make_party(
        make_client, **({"post_logout_redirect_uris": [AFTER]} | metadata)
    )


@pytest.fixture
def party(client_of):
    return client_of()


@pytest.fixture
def grants(browser, user, party) -> Grants:
    """Somebody is signed in, and the client knows them."""
    browser.sign_in(user)
    return browser.join(party)


def is_signed_in(browser: TestBrowser, client: Any) -> bool:
    """Whether the server still knows anybody in the browser."""
    return "code" in answer_of(browser.authorize(client, prompt="none"))


# With an ID token of who is signed in ------------------------------------------------------------


def test_a_hint_signs_out_without_a_question(browser, party, grants):
    answer = browser.end_session(id_token_hint=grants.id_token)

    assert answer.status_code == 200
    assert not is_signed_in(browser, party)


def test_the_person_goes_on_with_the_state(browser, grants):
    """Section 3: after the parameters that the address has by itself."""
    answer = browser.end_session(
        id_token_hint=grants.id_token, post_logout_redirect_uri=AFTER, state="ä&b"
    )

    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{AFTER}&{urlencode({'state': 'ä&b'})}"


def test_without_a_state_nothing_is_added(browser, grants):
    answer = browser.end_session(id_token_hint=grants.id_token, post_logout_redirect_uri=AFTER)

    assert answer.headers["Location"] == AFTER


def test_an_expired_hint_will_do(browser, user, party, make_app):
    """Section 2: the time of an ID token says nothing about a logout."""
    browser = TestBrowser(*make_app(id_token_ttl=-60))
    browser.sign_in(user)
    grants = browser.join(party)

    answer = browser.end_session(id_token_hint=grants.id_token, post_logout_redirect_uri=AFTER)

    assert answer.status_code == 303
    assert not is_signed_in(browser, party)


def test_the_sessions_of_the_clients_end(browser, party, grants):
    browser.end_session(id_token_hint=grants.id_token)

    refreshed = RelyingParty(browser.http, party).refresh(grants.refresh_token)

    assert refreshed.status_code == 400


def test_offline_access_outlives_the_sign_out(browser, user, party):
    """OpenID Connect Core 1.0, section 11."""
    browser.sign_in(user)
    grants = browser.join(party, scope="openid offline_access")

    browser.end_session(id_token_hint=grants.id_token)

    refreshed = RelyingParty(browser.http, party).refresh(grants.refresh_token)
    assert refreshed.status_code == 200


def test_only_the_account_of_the_hint_is_signed_out(browser, grants, make_user, party):
    another = make_user()
    browser.sign_in(another)

    browser.end_session(id_token_hint=grants.id_token, post_logout_redirect_uri=AFTER)

    assert is_signed_in(browser, party)
    assert browser.http.get("/").text.count(another.email) == 1


def test_a_hint_of_an_earlier_sign_in_signs_out_its_person(browser, user, party, grants):
    """Who has signed in again in the same browser is the same person."""
    browser.http.delete_cookie(SESSION)
    browser.sign_in(user)

    answer = browser.end_session(id_token_hint=grants.id_token, post_logout_redirect_uri=AFTER)

    assert answer.status_code == 303
    assert not is_signed_in(browser, party)


def test_the_hint_of_somebody_else_is_put_to_the_person(
    browser, user, make_user, party, app, services
):
    other = TestBrowser(app, services)
    other.sign_in(make_user())
    foreign = other.join(party)
    browser.sign_in(user)

    answer = browser.end_session(id_token_hint=foreign.id_token, post_logout_redirect_uri=AFTER)

    assert answer.headers["Location"].startswith("/sign-out?flow=")
    assert is_signed_in(browser, party)


def test_a_pairwise_client_is_understood(browser, user, client_of):
    party = client_of(subject_type="pairwise")
    browser.sign_in(user)
    grants = browser.join(party)

    browser.end_session(id_token_hint=grants.id_token, post_logout_redirect_uri=AFTER)

    assert not is_signed_in(browser, party)


# Without one --------------------------------------------------------------------------------------


@pytest.mark.parametrize("named", [True, False], ids=["client_id", "nothing"])
def test_without_a_hint_the_person_is_asked(browser, party, grants, named):
    parameters = {"client_id": party.client_id} if named else {}

    answer = browser.end_session(**parameters)

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sign-out?flow=")
    assert is_signed_in(browser, party)


def test_with_nobody_signed_in_there_is_nothing_to_ask(browser, party):
    answer = browser.end_session(
        client_id=party.client_id, post_logout_redirect_uri=AFTER, state="s"
    )

    assert (answer.status_code, answer.headers["Location"]) == (303, f"{AFTER}&state=s")


def test_with_nobody_signed_in_and_nowhere_to_go_there_is_a_page(browser):
    answer = browser.end_session()

    assert answer.status_code == 200
    assert "signed out" in answer.text


def test_a_second_logout_with_the_same_hint_goes_on_as_well(browser, grants):
    parameters = {"id_token_hint": grants.id_token, "post_logout_redirect_uri": AFTER}
    browser.end_session(**parameters)

    answer = browser.end_session(**parameters)

    assert (answer.status_code, answer.headers["Location"]) == (303, AFTER)


# By POST ------------------------------------------------------------------------------------------


def test_a_form_of_others_goes_on_as_an_address(browser, party, grants):
    """The cookies are Lax: a cross-site form does not bring them, the redirect does."""
    form = {"id_token_hint": grants.id_token, "post_logout_redirect_uri": AFTER, "state": "s"}

    posted = browser.http.post("/oauth2/end_session", data=urlencode(form), content_type=FORM)
    answer = browser.http.get(posted.headers["Location"])

    assert posted.status_code == 303
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{AFTER}&state=s")
    assert not is_signed_in(browser, party)


def test_the_address_of_a_form_shows_nothing_of_it(browser, grants):
    form = {"id_token_hint": grants.id_token}

    posted = browser.http.post("/oauth2/end_session", data=urlencode(form), content_type=FORM)

    assert "id_token_hint" not in posted.headers["Location"]
    assert grants.id_token not in posted.headers["Location"]


# What the browser is left with --------------------------------------------------------------------


def test_the_session_cookie_is_removed_with_the_last_account(browser, grants):
    answer = browser.end_session(id_token_hint=grants.id_token)

    (cookie,) = [c for c in answer.headers.getlist("Set-Cookie") if c.startswith(SESSION)]
    assert cookie == f"{SESSION}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"


def test_the_session_cookie_keeps_the_other_account(browser, grants, make_user):
    other = browser.sign_in(make_user())

    browser.end_session(id_token_hint=grants.id_token)

    kept = browser.cookie(SESSION)
    assert kept is not None
    assert kept.startswith(other.id.hex)
    assert "." not in kept


def test_the_state_changes(browser, grants):
    before = browser.cookie(STATE)

    browser.end_session(id_token_hint=grants.id_token)

    assert browser.cookie(STATE) not in (None, before)


def test_who_is_not_signed_out_keeps_all_cookies(browser, party, grants):
    before = browser.cookie(SESSION)

    browser.end_session(client_id=party.client_id)

    assert browser.cookie(SESSION) == before
    assert browser.cookie(BROWSER) is not None


def test_the_sign_out_is_on_the_record(browser, user, party, grants, admin_token):
    browser.end_session(id_token_hint=grants.id_token)

    listed = browser.http.get(
        "/api/audit?event=browser_session.ended",
        headers={"Authorization": f"Bearer {admin_token}"},
    )

    (event,) = listed.json["items"]
    assert event["user_id"] == str(user.id)
    assert event["detail"]["clients"] == [party.client_id]


def test_a_browser_that_only_looks_ahead_signs_nobody_out(browser, party, grants):
    browser.http.get(
        f"/oauth2/end_session?{urlencode({'id_token_hint': grants.id_token})}",
        headers={"Sec-Purpose": "prefetch"},
    )

    assert is_signed_in(browser, party)


def test_discovery_says_what_a_sign_out_brings_about(browser):
    metadata = browser.http.get("/.well-known/openid-configuration").json

    assert metadata["end_session_endpoint"].endswith("/oauth2/end_session")
    assert {name: metadata[name] for name in metadata if "channel_logout" in name} == {
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
    }
