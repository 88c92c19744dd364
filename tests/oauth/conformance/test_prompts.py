"""Who is asked for what: ``prompt``, ``max_age``, hints, and wishes about pages."""

import time

import pytest

from tests.support.conformance import Party, Visitor

# What a client may be told when there is nobody to answer (OpenID Connect Core 1.0, 3.1.2.6).
NEEDS_SOMEBODY = {
    "interaction_required",
    "login_required",
    "account_selection_required",
    "consent_required",
}


@pytest.mark.parametrize("display", ["page", "popup"])
def test_any_display_shows_the_page(party: Party, newcomer: Visitor, display: str):
    """oidcc-display-page, oidcc-display-popup"""
    outcome = party.complete(newcomer.browser, newcomer.user, display=display)

    assert outcome.claims["sub"] == str(newcomer.user.id)


def test_prompt_login_asks_for_the_password_again(party: Party, newcomer: Visitor):
    """oidcc-prompt-login"""
    first = party.complete(newcomer.browser, newcomer.user)
    newcomer.pass_time(100)
    sent = party.parameters(prompt="login")

    page = newcomer.browser.go(party.address(sent))

    assert "login-submit" in page.ids
    second = party.outcome(sent, newcomer.browser.pass_through(page, newcomer.user))
    assert second.claims["sub"] == first.claims["sub"]
    assert abs(second.claims["auth_time"] - time.time()) < 30


def test_prompt_none_without_anybody_is_an_error(party: Party, newcomer: Visitor):
    """oidcc-prompt-none-not-logged-in"""
    refused = party.silently(newcomer.browser, prompt="none")

    assert refused.error in NEEDS_SOMEBODY
    assert refused.params.keys().isdisjoint({"code", "id_token", "access_token"})


def test_prompt_none_is_answered_for_who_is_signed_in(party: Party, newcomer: Visitor):
    """oidcc-prompt-none-logged-in"""
    first = party.complete(newcomer.browser, newcomer.user)
    newcomer.pass_time(100)

    second = party.silently(newcomer.browser, prompt="none")

    assert second.claims["sub"] == first.claims["sub"]
    assert second.claims["auth_time"] == first.claims["auth_time"] - 100


def test_max_age_that_has_passed_asks_for_the_password_again(party: Party, newcomer: Visitor):
    """oidcc-max-age-1"""
    party.complete(newcomer.browser, newcomer.user)
    newcomer.pass_time(2)
    sent = party.parameters(max_age="1")

    page = newcomer.browser.go(party.address(sent))

    assert "login-submit" in page.ids
    second = party.outcome(sent, newcomer.browser.pass_through(page, newcomer.user))
    assert abs(second.claims["auth_time"] - time.time()) < 30


def test_max_age_that_has_not_passed_asks_for_nothing(party: Party, newcomer: Visitor):
    """oidcc-max-age-10000"""
    first = party.complete(newcomer.browser, newcomer.user, max_age="10000")

    second = party.silently(newcomer.browser, max_age="10000")

    assert second.claims["auth_time"] == first.claims["auth_time"]


def test_an_id_token_says_who_is_expected(party: Party, newcomer: Visitor):
    """oidcc-id-token-hint"""
    first = party.complete(newcomer.browser, newcomer.user)

    second = party.silently(newcomer.browser, prompt="none", id_token_hint=first.id_token)

    assert second.claims["sub"] == first.claims["sub"]


def test_the_id_token_of_somebody_else_is_no_sign_in(
    basic: Party, newcomer: Visitor, visitor: Visitor
):
    """OpenID Connect Core 1.0, section 3.1.2.2."""
    basic.complete(newcomer.browser, newcomer.user)
    other = basic.complete(visitor.browser, visitor.user)

    refused = basic.silently(newcomer.browser, prompt="none", id_token_hint=other.id_token)

    assert refused.error == "login_required"


def test_a_login_hint_fills_in_the_name(party: Party, newcomer: Visitor):
    """oidcc-login-hint"""
    page = party.ask(newcomer.browser, login_hint=newcomer.user.email)

    form = page.form_with("login-submit")
    assert form.fields["username"] == newcomer.user.email


def test_pages_speak_the_language_that_is_asked_for(party: Party, newcomer: Visitor):
    """oidcc-ui-locales"""
    page = party.ask(newcomer.browser, ui_locales="de en")

    assert '<html lang="de"' in page.html
    assert "login-submit" in page.ids


def test_a_language_that_nobody_speaks_is_no_error(party: Party, visitor: Visitor):
    """oidcc-ui-locales"""
    outcome = party.complete(visitor.browser, visitor.user, ui_locales="se tlh")

    assert outcome.error is None


def test_a_language_for_claims_is_no_error(party: Party, visitor: Visitor):
    """oidcc-claims-locales"""
    outcome = party.complete(
        visitor.browser, visitor.user, claims_locales="se", scope="openid profile"
    )

    assert outcome.told["name"] == "Una Example"


def test_an_acr_that_is_wished_for_is_told(party: Party, visitor: Visitor):
    """oidcc-ensure-request-with-acr-values-succeeds"""
    outcome = party.complete(visitor.browser, visitor.user, acr_values="1 2")

    assert outcome.claims["acr"] == "1"


def test_a_denied_consent_is_told_to_the_client(basic: Party, newcomer: Visitor):
    """RFC 6749, section 4.1.2.1; what a person of the suite may press as well."""
    sent = basic.parameters(prompt="consent")
    page = newcomer.browser.sign_in(newcomer.browser.go(basic.address(sent)), newcomer.user)

    place = newcomer.browser.deny(page)

    assert basic.outcome(sent, place).error == "access_denied"
