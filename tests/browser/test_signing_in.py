"""Somebody comes from an application, signs in, agrees or not, and comes back to it."""

import pytest
from playwright.sync_api import expect

from tests.support.people import allow, deny, sign_in


def expect_arrival(page, scene) -> dict[str, str]:
    """What the application was told, once the browser is there."""
    expect(page.locator("h1")).to_have_text("Arrived")
    assert scene.application.arrivals[-1]["state"] == "the-state"
    return scene.application.arrivals[-1]


def test_sign_in_and_consent_lead_back_to_the_application(page, scene):
    page.goto(scene.request(scope="openid profile email"))
    sign_in(page, scene.user)
    allow(page)

    assert "code" in expect_arrival(page, scene)


def test_a_form_leads_back_where_the_application_wants_one(page, scene):
    """OAuth 2.0 Form Post Response Mode: a script of ours sends it on."""
    page.goto(scene.request(response_mode="form_post"))
    sign_in(page, scene.user)
    allow(page)

    assert "code" in expect_arrival(page, scene)


def test_who_has_agreed_once_is_neither_asked_nor_signed_in_again(page, scene):
    page.goto(scene.request())
    sign_in(page, scene.user)
    allow(page)
    expect(page.locator("h1")).to_have_text("Arrived")

    page.goto(scene.request())

    assert "code" in expect_arrival(page, scene)
    assert len(scene.application.arrivals) == 2


def test_a_wrong_password_is_told_and_can_be_mended(page, scene):
    page.goto(scene.request())
    sign_in(page, scene.user, "not the password")

    error = page.locator("#error")
    expect(error).to_have_text("The e-mail address or the password is wrong.")
    expect(error).to_be_focused()
    expect(error).to_have_attribute("role", "alert")
    expect(page.locator("#username")).to_have_value(scene.user.email)
    expect(page.locator("#password")).to_have_value("")

    sign_in(page, scene.user)
    expect(page.locator("#consent-allow")).to_be_visible()


def test_who_has_no_account_is_told_the_same(page, scene):
    page.goto(scene.request())
    page.fill("#username", "nobody@example.com")
    page.fill("#password", "not the password")
    page.click("#login-submit")

    expect(page.locator("#error")).to_have_text("The e-mail address or the password is wrong.")


def test_who_denies_is_sent_back_with_that(page, scene):
    page.goto(scene.request())
    sign_in(page, scene.user)
    deny(page)

    assert expect_arrival(page, scene)["error"] == "access_denied"


def test_consent_says_who_asks_for_what_and_where_it_leads(page, scene):
    """RFC 9700, section 4.14: the domain is what nobody can make up."""
    uri = "https://photos.example:8443/cb"
    client = scene.with_client(redirect_uris=[uri], tos_uri="https://photos.example/terms")
    page.goto(client.request(scope="openid email offline_access", redirect_uri=uri))
    sign_in(page, scene.user)

    article = page.locator("article")
    expect(page.locator("h1")).to_have_text("Allow Example Photos access to your account?")
    expect(article).to_contain_text("You will be sent to photos.example:8443.")
    expect(article).to_contain_text("See your e-mail address")
    expect(article).to_contain_text("Keep this access while you are away")
    expect(article).to_contain_text(scene.user.email)
    expect(page.get_by_role("link", name="Terms of service")).to_have_attribute(
        "href", "https://photos.example/terms"
    )


def test_another_account_can_be_chosen_at_consent(page, scene):
    other = scene.make_user()
    page.goto(f"{scene.server.base}/sign-in")
    sign_in(page, other)
    page.goto(f"{scene.server.base}/sign-in")
    sign_in(page, scene.user)
    page.goto(scene.request())
    expect(page.locator("article")).to_contain_text(scene.user.email)

    page.get_by_role("link", name="Use another account").click()
    page.get_by_role("button", name=other.email).click()

    expect(page.locator("article")).to_contain_text(other.email)
    allow(page)
    assert "code" in expect_arrival(page, scene)


def test_the_chooser_leads_to_an_account_that_is_not_there_yet(page, scene):
    page.goto(f"{scene.server.base}/sign-in")
    sign_in(page, scene.user)
    other = scene.make_user()
    page.goto(scene.request(prompt="select_account"))

    page.get_by_role("link", name="Use another account").click()
    sign_in(page, other)

    expect(page.locator("article")).to_contain_text(other.email)


def test_who_must_prove_it_again_is_asked_for_the_password_alone(page, scene):
    """A password manager still finds whose it is."""
    page.goto(f"{scene.server.base}/sign-in")
    sign_in(page, scene.user)
    page.goto(scene.request(prompt="select_account", max_age="0"))
    page.get_by_role("button", name=scene.user.email).click()

    username = page.locator("#username")
    expect(username).to_be_hidden()
    expect(username).to_have_value(scene.user.email)
    expect(username).to_have_attribute("autocomplete", "username")
    expect(page.locator("#password")).to_be_focused()

    page.fill("#password", scene.user.password)
    page.click("#login-submit")
    expect(page.locator("#consent-allow")).to_be_visible()


def test_a_hint_fills_in_the_name(page, scene):
    page.goto(scene.request(login_hint=scene.user.email))

    expect(page.locator("#username")).to_have_value(scene.user.email)
    expect(page.locator("#password")).to_be_focused()


def test_too_many_failures_are_told_with_the_time_to_come_back(open_browser, scene):
    """The time of day where the person is, not where the server is."""
    scene.lock_out()
    page = open_browser(timezone_id="Asia/Kolkata").new_page()
    page.goto(scene.request())
    with page.expect_response("**/sign-in*") as answered:
        sign_in(page, scene.user)

    time = page.locator("#error time")
    at = page.evaluate(
        """text => new Date(text).toLocaleTimeString([], {hour: "numeric", minute: "2-digit"})""",
        time.get_attribute("datetime"),
    )
    assert answered.value.status == 429
    expect(time).to_have_text(at)


@pytest.mark.parametrize("path", ["/sign-in", "/accounts", "/consent"])
def test_an_authorization_that_took_too_long_leads_back(page, scene, path):
    scene.remember(page.context)
    page.goto(scene.expired(path))

    expect(page.locator("h1")).to_have_text("This took too long")
    page.get_by_role("link", name="Back to Example Photos").click()
    expect(page.locator("h1")).to_have_text("Arrived")
    assert scene.application.arrivals[-1]["error"] == "access_denied"
