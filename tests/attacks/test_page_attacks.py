"""Attacks on the pages of sign-in, choice of account, consent and sign-out (rows LG, HD-01)."""

import html
import re

import pytest

from authserver.consents.service import ConsentService
from tests.attacks.rows import attack

BROWSER, SESSION = "authserver_browser", "authserver_session"
EVIL = "https://evil.example"
# Where somebody might hope to be sent on to.
NEXT = ["//evil.example", "/\\evil.example", "https:evil.example", "%0d%0aLocation: //evil.example"]


@pytest.fixture
def stranger(authorizations):
    """Nobody has signed in or agreed to anything yet."""
    return authorizations(signed_in=False, consented=False)


@pytest.fixture
def undecided(authorizations):
    """Somebody who is signed in and has not agreed yet."""
    return authorizations(consented=False)


def granted(flow):
    return flow.services.get(ConsentService).find(flow.user.id, flow.client_id)


def is_signed_in(http) -> bool:
    return "You are signed in" in http.get("/").text


# Forms of somebody else ---------------------------------------------------------------------------


@attack("LG-02")
@pytest.mark.parametrize("token", [{}, {"csrf_token": ""}, {"csrf_token": "invented"}])
def test_consent_without_the_token_of_the_form_is_none(undecided, token):
    """CVE-2014-8144."""
    address = undecided.authorize().location
    account = undecided.go(address).hidden["account"]

    answer = undecided.http.post(address, data={"account": account, "answer": "allow"} | token)

    assert answer.status_code == 403
    assert granted(undecided) is None


@attack("LG-02", "LG-04")
def test_a_token_of_another_browser_is_none(undecided, new_client):
    address = undecided.authorize().location
    shown = undecided.go(address).hidden
    elsewhere = undecided.elsewhere(new_client()).go("/sign-in").hidden["csrf_token"]

    form = shown | {"csrf_token": elsewhere, "answer": "allow"}
    answer = undecided.http.post(address, data=form)

    assert answer.status_code == 403
    assert granted(undecided) is None


@attack("LG-03")
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": EVIL},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost:8000"},
    ],
)
def test_another_site_signs_nobody_out(flow, headers):
    """Even if it knew the token: the browser says who made the form be sent."""
    form = flow.go("/sign-out").hidden | {"answer": "sign_out"}

    answer = flow.http.post("/sign-out", data=form, headers=headers)

    assert answer.status_code == 403
    assert is_signed_in(flow.http)


@attack("LG-03")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/auth/logout"),
        ("POST", "/api/auth/logout-all"),
        ("PUT", "/api/users/{id}/password"),
        ("DELETE", "/api/sessions/{id}"),
        ("DELETE", "/api/users/{id}/consents/{client}"),
    ],
)
def test_the_cookie_alone_opens_nothing_of_the_api(flow, method, path):
    """Whoever makes a browser send it has no access token."""
    address = path.format(id=flow.user.id, client=flow.client_id)

    answer = flow.http.open(address, method=method, json={}, headers={"Origin": EVIL})

    assert answer.status_code in (401, 404)
    assert is_signed_in(flow.http)


@attack("LG-04")
def test_a_token_from_before_the_sign_in_is_refused(stranger):
    """CVE-2017-12159."""
    early = stranger.go("/sign-in").hidden["csrf_token"]
    stranger.enter(stranger.authorize())

    answer = stranger.http.post("/sign-out", data={"csrf_token": early, "answer": "sign_out"})

    assert answer.status_code == 403
    assert is_signed_in(stranger.http)


@attack("LG-04")
def test_who_is_refused_can_go_on(stranger):
    """Two tabs: the form of one is out of date when somebody has signed in in the other."""
    address = stranger.authorize().location
    form = stranger.go(address).hidden
    stranger.sign_in()

    refused = stranger.http.post(address, data=form | {"username": "u", "password": "p"})

    link = re.search(r'<a class="button" href="([^"]*)"', refused.text)
    assert refused.status_code == 403
    assert stranger.go(html.unescape(link[1])).page == "/consent"


@attack("LG-06")
@pytest.mark.parametrize("path", ["/sign-in", "/accounts", "/consent", "/sign-out"])
def test_an_authorization_of_another_browser_is_shown_to_nobody(stranger, new_client, path):
    """RFC 9700, section 4.7; CVE-2026-7507: the attacker began it and sends the link."""
    link = stranger.authorize().location
    victim = stranger.elsewhere(new_client())
    victim.go("/sign-in")

    answer = victim.go(link.replace("/sign-in", path))

    assert answer.status == 400
    assert "<form" not in answer.text
    assert "This page does not belong to a sign-in of this browser" in answer.text


@attack("LG-06")
def test_an_authorization_that_somebody_changed_is_none(stranger):
    link = stranger.authorize().location

    assert stranger.go(link[:-2] + ("AA" if link[-2:] != "AA" else "BB")).status == 400


# Cookies ------------------------------------------------------------------------------------------


@attack("LG-08")
@pytest.mark.parametrize("extra", [f"={BROWSER}=bad", f"{BROWSER}={'C' * 43}", f"={'C' * 43}"])
def test_a_cookie_that_somebody_planted_beside_ours_signs_nobody_in(stranger, extra):
    """CVE-2023-23934: without a name it is nobody's; of two that are ours none is believed."""
    address = stranger.authorize().location
    ours = stranger.http.get_cookie(BROWSER).value
    plain = stranger.http.application.test_client(use_cookies=False)

    answer = plain.get(address, headers={"Cookie": f"{BROWSER}={ours}; {extra}"})

    assert answer.status_code == (200 if extra.startswith("=") else 400)


@attack("LG-08")
@pytest.mark.parametrize("first", [True, False])
def test_of_two_session_cookies_none_is_believed(flow, first):
    ours = f"{SESSION}={flow.http.get_cookie(SESSION).value}"
    planted = f"{SESSION}={'0' * 75}"
    plain = flow.http.application.test_client(use_cookies=False)

    both = "; ".join((planted, ours) if first else (ours, planted))
    answer = plain.get("/", headers={"Cookie": both})

    assert "You are signed in" not in answer.text


# Where one is sent --------------------------------------------------------------------------------


@attack("LG-10")
@pytest.mark.parametrize("name", ["next", "continue", "return_to", "redirect_uri", "flow_next"])
@pytest.mark.parametrize("target", NEXT)
def test_a_sign_in_leads_to_nowhere_that_the_address_says(stranger, name, target):
    """CVE-2019-9837."""
    address = f"/sign-in?{name}={target}"

    sent = stranger.submit(
        address, username=stranger.user.email, password=stranger.user.password, **{name: target}
    )

    assert (sent.status, sent.location) == (303, "/")


@attack("LG-22")
def test_no_form_is_sent_on(authorizations, make_user):
    """RFC 9700, section 4.12: after 307 the browser would send the password to the client."""
    flow = authorizations(signed_in=False, consented=False)
    step = flow.authorize(prompt="select_account")
    signed_in = flow.submit(step.location, username=flow.user.email, password=flow.user.password)
    chosen = flow.submit(
        flow.authorize(prompt="select_account").location, account=str(flow.sign_in().id)
    )
    agreed = flow.submit(flow.go(chosen.location).location, answer="allow")
    signed_out = flow.submit("/sign-out", answer="sign_out")

    assert [each.status for each in (signed_in, chosen, agreed, signed_out)] == [303] * 4


@attack("LG-21")
def test_consent_is_that_of_the_account_that_was_asked(undecided, make_user):
    """CVE-2025-12390: somebody else signs in in a second tab before the first one answers."""
    asked = undecided.authorize().location
    shown = undecided.go(asked).hidden
    other = make_user()
    undecided.sign_in(other)

    token = undecided.go(asked).hidden["csrf_token"]
    form = {"account": shown["account"], "csrf_token": token, "answer": "allow"}
    undecided.http.post(asked, data=form)

    consents = undecided.services.get(ConsentService)
    assert granted(undecided) is not None
    assert consents.find(other.id, undecided.client_id) is None


@attack("LG-21")
def test_the_form_of_before_is_refused_when_somebody_else_has_signed_in(undecided, make_user):
    asked = undecided.authorize().location
    form = undecided.go(asked).hidden | {"answer": "allow"}
    undecided.sign_in(make_user())

    answer = undecided.http.post(asked, data=form)

    assert answer.status_code == 403
    assert granted(undecided) is None


@attack("LG-21")
def test_nobody_answers_for_an_account_that_is_not_there(undecided, make_user):
    """The id of somebody else's sign-in, as a form may claim it."""
    asked = undecided.authorize().location
    other = undecided.elsewhere(undecided.http.application.test_client())
    account = str(other.sign_in(make_user()).id)

    answer = undecided.submit(asked, account=account, answer="allow")

    assert answer.page == "/oauth2/authorize"
    assert undecided.go(answer.location).page == "/consent"
