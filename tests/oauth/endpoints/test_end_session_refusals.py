"""What a logout request must not bring about (RP-Initiated Logout 1.0, sections 2 and 3)."""

from urllib.parse import urlencode

import pytest
from sqlalchemy import text

from authserver.actor import SYSTEM
from authserver.clients.service import ClientService
from authserver.storage.db import Database
from tests.support.browsers import Grants, TestBrowser, answer_of, make_party
from tests.support.relying_party import FORM

AFTER = "https://app.example/after"
PATH = "/oauth2/end_session"


@pytest.fixture
def party(make_client):
    return make_party(make_client, post_logout_redirect_uris=[AFTER])


@pytest.fixture
def grants(browser, user, party) -> Grants:
    browser.sign_in(user)
    return browser.join(party)


def assert_refused(answer, browser: TestBrowser, party) -> None:
    """An error page, and everything is as it was."""
    assert answer.status_code == 400
    assert answer.content_type.startswith("text/html")
    assert "Location" not in answer.headers
    assert "Set-Cookie" not in answer.headers
    assert "code" in answer_of(browser.authorize(party, prompt="none"))


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/",
        f"{AFTER}?added=1",
        f"{AFTER}/",
        f"{AFTER}#fragment",
        f"{AFTER}/../evil",
        "https://app.example:443/after",
        "https://app.example@evil.example/after",
        "HTTPS://app.example/after",
        "//app.example/after",
        "/after",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_is_not_registered_is_refused(browser, party, grants, uri):
    answer = browser.end_session(id_token_hint=grants.id_token, post_logout_redirect_uri=uri)

    assert_refused(answer, browser, party)


def test_an_address_shows_nowhere_on_the_page(browser, party, grants):
    answer = browser.end_session(
        id_token_hint=grants.id_token, post_logout_redirect_uri="https://evil.example/"
    )

    assert "evil.example" not in answer.text


def test_an_address_of_another_client_is_refused(browser, party, grants, make_client):
    make_party(make_client, post_logout_redirect_uris=["https://other.example/after"])

    answer = browser.end_session(
        id_token_hint=grants.id_token, post_logout_redirect_uri="https://other.example/after"
    )

    assert_refused(answer, browser, party)


def test_a_redirect_uri_is_no_address_after_a_logout(browser, party, grants):
    answer = browser.end_session(
        id_token_hint=grants.id_token, post_logout_redirect_uri="https://app.example/cb"
    )

    assert_refused(answer, browser, party)


def test_an_address_without_a_client_is_refused(browser, party, grants):
    """Section 3: nobody can tell whose it is."""
    answer = browser.end_session(post_logout_redirect_uri=AFTER)

    assert_refused(answer, browser, party)


def test_hint_and_client_id_must_agree(browser, party, grants, make_client):
    """Section 2."""
    other = make_party(make_client)

    answer = browser.end_session(id_token_hint=grants.id_token, client_id=other.client_id)

    assert_refused(answer, browser, party)


@pytest.mark.parametrize("client_id", ["nobody", "", " ", "a" * 300])
def test_an_unknown_client_is_refused(browser, party, grants, client_id):
    answer = browser.end_session(client_id=client_id, post_logout_redirect_uri=AFTER)

    assert_refused(answer, browser, party)


def test_a_disabled_client_is_refused(browser, party, grants, services):
    services.get(ClientService).disable(SYSTEM, party.client_id)

    answer = browser.end_session(client_id=party.client_id, post_logout_redirect_uri=AFTER)

    assert answer.status_code == 400


def spoilt(token: str) -> dict[str, str]:
    head, body, signature = token.split(".")
    return {
        "another signature": f"{head}.{body}.{signature[:-6]}AAAAAA",
        "no signature": f"{head}.{body}.",
        "cut off": token[:-20],
        "garbage": "garbage",
        "three dots": "...",
        "very long": token + "A" * 20_000,
    }


@pytest.mark.parametrize("how", list(spoilt("a.b.c")))
def test_a_hint_that_is_not_ours_is_refused(browser, party, grants, how):
    hint = spoilt(grants.id_token)[how]

    answer = browser.http.post(PATH, data=urlencode({"id_token_hint": hint}), content_type=FORM)

    assert_refused(answer, browser, party)


def test_an_access_token_is_no_hint(browser, party, grants):
    """RFC 8725, section 3.11."""
    answer = browser.end_session(id_token_hint=grants.access_token)

    assert_refused(answer, browser, party)


@pytest.mark.parametrize(
    "name", ["id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales"]
)
def test_no_parameter_counts_twice(browser, party, grants, name):
    values = [
        ("id_token_hint", grants.id_token),
        ("client_id", party.client_id),
        ("post_logout_redirect_uri", AFTER),
        ("state", "s"),
        ("ui_locales", "de"),
    ]
    repeated = [pair for pair in values if pair[0] == name]

    answer = browser.http.get(f"{PATH}?{urlencode(values + repeated)}")

    assert_refused(answer, browser, party)


@pytest.mark.parametrize(
    "query",
    [
        "state=%00",
        "state=%0d%0aSet-Cookie:%20a=b",
        "state=%ff",
        "state=%",
        "state=" + "s" * 2049,
        "logout_hint=" + "h" * 256,
        "ui_locales=" + "d" * 256,
    ],
    ids=["nul", "line break", "no UTF-8", "broken", "long state", "long hint", "long locales"],
)
def test_what_cannot_be_read_is_refused(browser, party, grants, query):
    answer = browser.http.get(f"{PATH}?{query}")

    assert_refused(answer, browser, party)


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", ""])
def test_a_post_is_a_form(browser, party, grants, content_type):
    answer = browser.http.post(PATH, data=b'{"state": "s"}', content_type=content_type)

    assert_refused(answer, browser, party)


@pytest.mark.parametrize("flow", ["", "garbage", "A" * 17_000], ids=["empty", "garbage", "long"])
@pytest.mark.parametrize("name", ["flow", "posted"])
def test_what_we_did_not_seal_signs_nobody_out(browser, party, grants, name, flow):
    browser.http.get(f"{PATH}?{urlencode({name: flow})}")

    assert "code" in answer_of(browser.authorize(party, prompt="none"))


def test_the_address_of_the_question_is_no_answer_to_it(browser, party, grants):
    """What is sealed for the page does not say yet that the person agreed."""
    asked = browser.end_session(client_id=party.client_id)
    flow = asked.headers["Location"].partition("?")[2]

    answer = browser.http.get(f"{PATH}?{flow}")

    assert answer.headers["Location"].startswith("/sign-out?flow=")
    assert "code" in answer_of(browser.authorize(party, prompt="none"))


def test_the_question_of_another_browser_is_refused(browser, party, grants, app, services, user):
    """RFC 9700, section 4.7, on the way out."""
    attacker = TestBrowser(app, services)
    attacker.sign_in(user)
    asked = attacker.end_session(client_id=party.client_id)

    answer = browser.http.get(asked.headers["Location"])

    assert answer.status_code == 400


def test_nobody_is_sent_on_to_a_client_that_anybody_may_have_registered(
    browser, services, make_client
):
    """RFC 9700, section 4.11.2: without an ID token there was never a sign-in at it."""
    stranger = make_party(make_client, post_logout_redirect_uris=["https://evil.example/"])
    with services.get(Database).transaction() as tx:
        tx.execute(
            text("UPDATE clients SET self_registered = true WHERE client_id = :id"),
            {"id": stranger.client_id},
        )

    answer = browser.end_session(
        client_id=stranger.client_id, post_logout_redirect_uri="https://evil.example/"
    )

    assert answer.status_code == 200
    assert 'http-equiv="refresh"' not in answer.text
    assert "data-follow" not in answer.text
