"""Attacks on what pages show and how browsers treat them (rows LG, AZ-24, HD-01)."""

import re

import pytest
from werkzeug.http import parse_cookie

from tests.attacks.rows import attack

XSS = '"><img src=x onerror=1><script>alert(1)</script>'
CLIENT = {"client_name": XSS, "policy_uri": "https://app.example/policy"}


@pytest.fixture
def hostile(authorizations):
    """A client whose name is an attack."""
    return authorizations(signed_in=False, consented=False, **CLIENT)


@pytest.fixture
def every_page(authorizations, new_client):
    """One of each page by its name."""
    flow = authorizations(signed_in=False, consented=False)
    pages = {
        "start": flow.go("/"),
        "sign-in": flow.go(flow.authorize().location),
        "sign-in alone": flow.go("/sign-in"),
        "no accounts": flow.go("/accounts"),
        "error": flow.go("/consent"),
        "authorize error": flow.authorize(redirect_uri="https://evil.example/"),
    }
    flow.sign_in()
    return pages | {
        "signed in": flow.go("/"),
        "accounts": flow.go(flow.authorize(prompt="select_account").location),
        "consent": flow.go(flow.authorize().location),
        "sign-out": flow.go("/sign-out"),
        "form_post": flow.go(
            flow.submit(flow.authorize(response_mode="form_post").location, answer="allow").location
        ),
    }


def policy_of(answer) -> dict[str, str]:
    directives = answer.response.headers["Content-Security-Policy"].split("; ")
    return {name: value for name, _, value in (each.partition(" ") for each in directives)}


@pytest.fixture
def secure(make_app):
    """A server whose issuer is https."""
    app, services = make_app(issuer="https://id.example.com")
    return app.test_client(), services


# What is written into a page ----------------------------------------------------------------------


@attack("AZ-24", "LG-11")
def test_a_login_hint_is_text(stranger_at_sign_in):
    page = stranger_at_sign_in(login_hint=XSS)

    assert "onerror=1>" not in page.text
    assert 'value="&#34;&gt;&lt;img src=x' in page.text


@pytest.fixture
def stranger_at_sign_in(authorizations):
    flow = authorizations(signed_in=False, consented=False)
    return lambda **parameters: flow.go(flow.authorize(**parameters).location)


@attack("LG-11")
@pytest.mark.parametrize("name", ["state", "nonce", "ui_locales", "display", "acr_values"])
def test_what_a_request_says_is_not_in_the_page(stranger_at_sign_in, name):
    assert XSS not in stranger_at_sign_in(**{name: XSS}).text


@attack("LG-11")
def test_a_user_name_is_text(stranger_at_sign_in, client):
    token = re.search(r'csrf_token" value="([^"]+)', client.get("/sign-in").text)[1]

    page = client.post("/sign-in", data={"csrf_token": token, "username": XSS, "password": "x"})

    assert page.status_code == 422
    assert "&lt;script&gt;" in page.text
    assert "<script>alert" not in page.text


@attack("LG-11")
@pytest.mark.parametrize("prompt", [None, "select_account"])
def test_the_name_of_a_client_is_text(hostile, prompt):
    """The sign-in page, the choice of an account, and consent."""
    first = hostile.go(hostile.authorize(prompt=prompt).location)
    hostile.sign_in()
    second = hostile.go(hostile.authorize(prompt=prompt).location)

    for page in (first, second):
        assert "&lt;script&gt;alert(1)" in page.text
        assert "<script>alert" not in page.text


@attack("LG-11")
def test_a_user_is_shown_as_text(authorizations, make_user):
    flow = authorizations(user=make_user(full_name=XSS), consented=False)

    page = flow.go(flow.authorize().location)

    assert "&lt;script&gt;alert(1)" in page.text
    assert "<script>alert" not in page.text


@attack("LG-11", "HD-01")
def test_no_page_allows_what_was_written_into_it(every_page):
    """A script runs with the nonce of its own response only; nothing else is loaded."""
    nonces = set()
    for name, page in every_page.items():
        policy = policy_of(page)
        assert policy["default-src"] == "'none'", name
        assert "unsafe" not in str(policy), name
        nonces.add(re.fullmatch(r"'nonce-([\w-]{22})' 'strict-dynamic'", policy["script-src"])[1])
        assert not re.search(r"<script(?![^>]* nonce=)|\son\w+=|\sstyle=|<style", page.text), name

    assert len(nonces) == len(every_page)


@attack("HD-01")
def test_forms_lead_to_us_and_by_way_of_the_client_alone(every_page):
    """Chromium looks at each redirect that follows a form, those of the client too."""
    own = {"start", "sign-in alone", "no accounts", "error", "authorize error", "signed in"}
    for name, page in every_page.items():
        client = "" if name in {*own, "sign-out"} else " https:"
        assert policy_of(page)["form-action"] == f"'self'{client}", name


@attack("LG-11", "HD-01")
def test_a_picture_of_the_client_comes_from_its_own_origin_alone(authorizations):
    flow = authorizations(consented=False, logo_uri="https://pictures.example/a/logo.png")
    consent = flow.go(flow.authorize().location)

    assert policy_of(consent)["img-src"] == "'self' https://pictures.example"
    assert 'src="https://pictures.example/a/logo.png"' in consent.text
    assert policy_of(flow.go("/"))["img-src"] == "'self'"


@attack("LG-12")
def test_the_one_page_for_frames_has_nothing_to_press(client):
    """OpenID Connect Session Management 1.0, section 3.2."""
    page = client.get("/oauth2/check_session")

    assert "frame-ancestors *" in page.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in page.headers
    assert "<body></body>" in page.text


# What browsers do with a page ---------------------------------------------------------------------


@attack("LG-12", "HD-01")
def test_no_page_is_shown_in_a_frame(every_page):
    """RFC 9700, section 4.16."""
    for name, page in every_page.items():
        assert policy_of(page)["frame-ancestors"] == "'none'", name
        assert page.response.headers.getlist("X-Frame-Options") == ["DENY"], name


@attack("LG-14")
def test_no_page_is_kept(every_page):
    """ASVS 14.3.2: nor is it there when somebody goes back."""
    for name, page in every_page.items():
        assert page.response.headers.getlist("Cache-Control") == ["no-store"], name


@attack("LG-14")
def test_going_back_after_the_sign_out_shows_nothing_of_the_account(flow):
    address = flow.authorize(prompt="consent").location
    before = flow.go(address)
    flow.go(flow.submit("/sign-out", answer="sign_out").location)

    after = flow.go(address)

    assert flow.user.email in before.text
    assert after.page == "/oauth2/authorize"
    assert flow.user.email not in flow.go("/").text


@attack("HD-01")
def test_every_page_says_little_to_others(every_page):
    for name, page in every_page.items():
        headers = page.response.headers
        assert headers["X-Content-Type-Options"] == "nosniff", name
        assert headers["Referrer-Policy"] in ("no-referrer", "same-origin"), name
        assert "camera=()" in headers["Permissions-Policy"], name
    assert every_page["form_post"].response.headers["Referrer-Policy"] == "no-referrer"


@attack("HD-01")
@pytest.mark.parametrize("name", ["start", "sign-in alone", "signed in", "no accounts"])
def test_a_page_that_no_client_leads_to_is_isolated(every_page, name):
    """The others are not: clients open them in pop-up windows (tests/browser/test_popups.py)."""
    headers = every_page[name].response.headers

    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


@attack("LG-13")
def test_the_sign_in_form_is_one_for_password_managers(every_page):
    """ASVS 6.2.6 and 6.2.7."""
    form = every_page["sign-in"].text

    assert re.search(r'<input id="username"[^>]* autocomplete="username webauthn"', form)
    assert re.search(
        r'<input id="password"[^>]* type="password" autocomplete="current-password"', form
    )
    assert "onpaste" not in form


# Cookies, and http --------------------------------------------------------------------------------


@attack("LG-07", "LG-23")
def test_cookies_are_for_this_host_and_https_alone(secure, make_user):
    """ASVS 3.3.1 to 3.3.4; what scripts may read is no key to anything."""
    http, _ = secure
    user = make_user()
    page = http.get("/sign-in", base_url="https://id.example.com")
    token = re.search(r'csrf_token" value="([^"]+)', page.text)[1]
    form = {"csrf_token": token, "username": user.email, "password": user.password}

    answer = http.post("/sign-in", data=form, base_url="https://id.example.com")

    cookies = page.headers.getlist("Set-Cookie") + answer.headers.getlist("Set-Cookie")
    names = [next(iter(parse_cookie(each))) for each in cookies]
    assert names == [f"__Host-authserver_{name}" for name in ("browser", "session", "state")]
    for each in cookies:
        attributes = set(each.split("; ")[1:])
        assert {"Secure", "Path=/"} <= attributes
        assert not any(attribute.startswith("Domain") for attribute in attributes)
        for_scripts = each.startswith("__Host-authserver_state=")
        assert ("HttpOnly" in attributes) != for_scripts
        assert ("SameSite=None" if for_scripts else "SameSite=Lax") in attributes


@attack("LG-23")
def test_nobody_signs_in_without_https(secure, make_user):
    """A browser keeps a Secure cookie from plain http, and without it no form is accepted."""
    http, _ = secure
    user = make_user()
    page = http.get("/sign-in")
    token = re.search(r'csrf_token" value="([^"]+)', page.text)[1]
    without_cookies = http.application.test_client(use_cookies=False)
    form = {"csrf_token": token, "username": user.email, "password": user.password}

    answer = without_cookies.post("/sign-in", data=form)

    assert page.headers["Strict-Transport-Security"].startswith("max-age=63072000")
    assert answer.status_code == 403
