"""Tabs, the back button, the keyboard, no scripts, another language, password managers, pop-ups."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.people import allow, sign_in


def test_two_tabs_do_not_disturb_each_other(page, scene):
    """Each carries its own authorization; the form of before is out of date and leads on."""
    other = page.context.new_page()
    page.goto(scene.request(state="first"))
    other.goto(scene.request(state="second"))
    sign_in(page, scene.user)
    allow(page)
    expect(page.locator("h1")).to_have_text("Arrived")

    sign_in(other, scene.user)
    expect(other.locator("#error")).to_be_focused()
    other.get_by_role("link", name="Go on").click()

    expect(other.locator("h1")).to_have_text("Arrived")
    assert [each["state"] for each in scene.application.arrivals] == ["first", "second"]


def test_the_back_button_does_no_harm(page, scene):
    """From consent to the form of the sign-in: it is shown anew, and works."""
    page.goto(scene.request())
    sign_in(page, scene.user)
    expect(page.locator("#consent-allow")).to_be_visible()

    page.go_back()
    expect(page.locator("#password")).to_have_value("")
    sign_in(page, scene.user)
    allow(page)

    expect(page.locator("h1")).to_have_text("Arrived")


def test_going_back_after_the_answer_leads_to_no_error(page, scene):
    page.goto(scene.request())
    sign_in(page, scene.user)
    allow(page)
    expect(page.locator("h1")).to_have_text("Arrived")

    page.go_back()

    expect(page.locator("#consent-allow")).to_be_visible()
    allow(page)
    expect(page.locator("h1")).to_have_text("Arrived")


def test_the_keyboard_is_enough(page, scene):
    page.goto(scene.request())
    expect(page.locator("#username")).to_be_focused()
    page.keyboard.type(scene.user.email)
    page.keyboard.press("Tab")
    expect(page.locator("#password")).to_be_focused()
    page.keyboard.type(scene.user.password)
    page.keyboard.press("Enter")
    expect(page.locator("#consent-allow")).to_be_visible()

    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "consent-allow":
            break
    page.keyboard.press("Space")

    expect(page.locator("h1")).to_have_text("Arrived")


def test_what_has_the_focus_is_seen(page, scene):
    """WCAG 2.2, 2.4.7: each stop on the way has a ring of three pixels."""
    page.goto(scene.request())
    rings = []
    for _ in range(5):
        page.keyboard.press("Tab")
        rings.append(
            page.evaluate(
                """() => { const style = getComputedStyle(document.activeElement);
                return document.activeElement.tagName === "BODY" ? null
                : style.outlineStyle + " " + style.outlineWidth; }"""
            )
        )

    assert {ring for ring in rings if ring} == {"solid 3px"}


@pytest.mark.parametrize("response_mode", ["query", "form_post"])
def test_no_script_is_needed(open_browser, scene, response_mode):
    page = open_browser(java_script_enabled=False).new_page()
    page.goto(scene.request(response_mode=response_mode))
    expect(page.locator("#show-password")).to_be_hidden()
    sign_in(page, scene.user, "not the password")
    expect(page.locator("#error")).to_be_focused()
    sign_in(page, scene.user)
    allow(page)
    if response_mode == "form_post":
        page.get_by_role("button", name="Go on").click()

    expect(page.locator("h1")).to_have_text("Arrived")


def test_pages_speak_the_language_of_the_browser(open_browser, scene):
    page = open_browser(locale="de-AT").new_page()
    page.goto(scene.request())

    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator("#login-submit")).to_have_text("Anmelden")
    expect(page).to_have_title(re.compile("^Anmelden"))


def test_the_language_that_the_application_asks_for_comes_first(page, scene):
    """OpenID Connect Core 1.0, section 3.1.2.1, and the client's own words of that language."""
    client = scene.with_client(**{"client_name#de": "Beispielfotos"})
    page.goto(client.request(ui_locales="fr-CA de-CH en"))
    expect(page.locator("article")).to_contain_text("weiter zu Beispielfotos")
    sign_in(page, scene.user)

    expect(page.locator("h1")).to_have_text("Beispielfotos Zugriff auf Ihr Konto erlauben?")


def test_a_password_can_be_pasted_and_looked_at(page, scene):
    """ASVS 6.2.7."""
    page.goto(scene.request())
    page.evaluate("document.execCommand('insertText', false, '')")
    page.locator("#password").focus()
    page.evaluate(
        """() => document.activeElement.dispatchEvent(
        new ClipboardEvent("paste", {bubbles: true, cancelable: true})) || "refused" """
    )
    page.keyboard.insert_text("pasted all at once")

    page.click("#show-password")

    password = page.locator("#password")
    expect(password).to_have_attribute("type", "text")
    expect(password).to_have_value("pasted all at once")
    expect(page.locator("#show-password")).to_have_attribute("aria-pressed", "true")


def test_a_pop_up_window_finds_back_to_who_opened_it(page, scene):
    """Isolated pages (Cross-Origin-Opener-Policy) would cut it off; clients sign in like this."""
    page.goto(f"{scene.application.base}/somewhere")
    with page.expect_popup() as opened:
        page.evaluate("address => { window.popUp = window.open(address); }", scene.request())
    popup = opened.value
    sign_in(popup, scene.user)
    allow(popup)
    expect(popup.locator("h1")).to_have_text("Arrived")

    assert page.evaluate("window.popUp.closed") is False
    assert page.evaluate("window.popUp.location.search").startswith("?code=")
    assert popup.evaluate("window.opener !== null")


def test_pages_load_nothing_from_anywhere_else(page, scene):
    loaded = []
    page.on("request", lambda request: loaded.append(request.url))
    page.goto(scene.request())

    assert len(loaded) >= 4
    assert [url for url in loaded if not url.startswith(scene.server.base)] == []


def test_styles_and_scripts_are_fetched_once(page, scene):
    page.goto(scene.request())
    with page.expect_response("**/pages.css") as answered:
        page.reload()

    headers = answered.value.all_headers()
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
