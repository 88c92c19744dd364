"""What a client asks of the sign-in (OpenID Connect Core 1.0, section 3.1.2.1)."""

import pytest

from authserver.clock import FrozenClock, SystemClock
from tests.support.authorization_answers import assert_error
from tests.support.authorizations import Authorizations
from tests.support.jwks_verifier import payload_of


@pytest.fixture
def signed_out(authorizations):
    return authorizations(signed_in=False)


@pytest.fixture
def aged(flow, rows):
    """A flow of somebody who signed in a hundred seconds ago."""
    rows.sql("UPDATE browser_sessions SET auth_time = auth_time - interval '100 seconds'")
    return flow


# prompt -------------------------------------------------------------------------------------------


def test_in_silence_who_is_signed_in_is_answered_for(flow):
    assert flow.authorize(prompt="none").params["code"]


def test_in_silence_nobody_is_asked_to_sign_in(signed_out):
    assert_error(signed_out.authorize(prompt="none"), "login_required")


def test_in_silence_nobody_is_asked_to_agree(authorizations):
    flow = authorizations(consented=False)

    assert_error(flow.authorize(prompt="none"), "consent_required")


def test_in_silence_an_old_sign_in_is_not_renewed(aged):
    assert_error(aged.authorize(prompt="none", max_age="10"), "login_required")


def test_a_sign_in_can_be_asked_for(flow):
    step = flow.authorize(prompt="login")

    assert step.page == "/sign-in"
    assert flow.enter(step).params["code"]


def test_consent_can_be_asked_for(flow):
    step = flow.authorize(prompt="consent")

    assert step.page == "/consent"
    assert flow.consent(step).params["code"]


def test_both_can_be_asked_for(flow):
    step = flow.enter(flow.authorize(prompt="login consent"))

    assert step.page == "/consent"
    assert flow.consent(step).params["code"]


def test_a_choice_can_be_asked_for(flow):
    session = flow.sign_in()

    step = flow.authorize(prompt="select_account")

    assert step.page == "/accounts"
    assert flow.choose(step, session).params["code"]


def test_without_anybody_there_is_no_choice(signed_out):
    """The page would be empty."""
    assert signed_out.authorize(prompt="select_account").page == "/sign-in"


def test_who_chooses_an_account_and_must_sign_in_does_both(flow):
    session = flow.sign_in()

    step = flow.choose(flow.authorize(prompt="select_account login"), session)

    assert step.page == "/sign-in"
    assert flow.enter(step).params["code"]


# max_age ------------------------------------------------------------------------------------------


def test_a_sign_in_that_is_young_enough_counts(aged):
    assert aged.authorize(max_age="1000").params["code"]


def test_a_sign_in_that_is_too_old_does_not(aged):
    step = aged.authorize(max_age="10")

    assert step.page == "/sign-in"
    assert aged.enter(step).params["code"]


def test_a_client_may_have_a_max_age_of_its_own(authorizations, rows):
    """OpenID Connect Registration 1.0, section 2."""
    flow = authorizations(default_max_age=10)
    rows.sql("UPDATE browser_sessions SET auth_time = auth_time - interval '100 seconds'")

    assert flow.authorize().page == "/sign-in"


def test_a_request_may_say_otherwise_than_the_registration(authorizations, rows):
    flow = authorizations(default_max_age=10)
    rows.sql("UPDATE browser_sessions SET auth_time = auth_time - interval '100 seconds'")

    assert flow.authorize(max_age="1000").params["code"]


def test_with_a_max_age_the_id_token_says_when(aged):
    """Section 2: auth_time is REQUIRED then."""
    claims = payload_of(aged.tokens(max_age="1000")["id_token"])

    assert 100 <= claims["iat"] - claims["auth_time"] <= 130


# Hints --------------------------------------------------------------------------------------------


def test_a_hint_of_who_is_there_is_no_obstacle(flow):
    hint = flow.tokens()["id_token"]

    assert flow.authorize(prompt="none", id_token_hint=hint).params["code"]


def test_a_hint_chooses_among_the_accounts(flow, make_user):
    """The one who is expected, although another one is active."""
    hint = flow.tokens()["id_token"]
    flow.sign_in(make_user())

    code = flow.authorize(prompt="none", id_token_hint=hint).params["code"]

    assert payload_of(flow.redeem(code).json["id_token"])["sub"] == str(flow.user.id)


def test_a_claim_chooses_among_the_accounts(flow, make_user):
    """Section 5.5.1: the same by ``sub`` with a value."""
    flow.sign_in(make_user())
    claims = f'{{"id_token":{{"sub":{{"value":"{flow.user.id}"}}}}}}'

    code = flow.authorize(prompt="none", claims=claims).params["code"]

    assert payload_of(flow.redeem(code).json["id_token"])["sub"] == str(flow.user.id)


def test_a_hint_that_has_expired_is_as_good(make_app):
    """Section 3.1.2.1: who signed in then is expected now."""
    clock = FrozenClock(SystemClock().now())
    app, services = make_app(clock)
    flow = Authorizations(app.test_client(), services)()
    hint = flow.tokens()["id_token"]

    clock.advance(100_000)

    assert payload_of(hint)["exp"] < clock.now().timestamp()
    assert flow.authorize(prompt="none", id_token_hint=hint).params["code"]


def test_a_login_hint_is_written_into_the_form(signed_out):
    step = signed_out.authorize(login_hint="una@example.com")

    assert 'value="una@example.com"' in signed_out.go(step.location).text


def test_the_page_speaks_the_language_that_is_asked_for(signed_out):
    """ui_locales; the first one that there is."""
    step = signed_out.authorize(ui_locales="tlh de en")

    assert '<html lang="de"' in signed_out.go(step.location).text


# acr ----------------------------------------------------------------------------------------------


def test_an_essential_acr_that_is_met_is_told(flow):
    claims = '{"id_token":{"acr":{"essential":true,"values":["0","1"]}}}'

    assert payload_of(flow.tokens(claims=claims)["id_token"])["acr"] == "1"


@pytest.mark.parametrize("how", ['"values":["9"]', '"value":"9"'])
def test_an_essential_acr_that_cannot_be_met_fails(flow, how):
    """Section 5.5.1.1; OpenID Connect Core Error Code unmet_authentication_requirements."""
    claims = f'{{"id_token":{{"acr":{{"essential":true,{how}}}}}}}'

    assert_error(flow.authorize(claims=claims), "unmet_authentication_requirements")


def test_a_wish_for_an_acr_is_only_that(flow):
    """acr_values are voluntary."""
    assert payload_of(flow.tokens(acr_values="9 8")["id_token"])["acr"] == "1"


# claims -------------------------------------------------------------------------------------------


def test_claims_can_be_asked_for_one_by_one(flow):
    """Section 5.5: in the ID token, without their scope."""
    tokens = flow.tokens(claims='{"id_token":{"email":{"essential":true}}}')

    assert payload_of(tokens["id_token"])["email"] == flow.user.email


def test_claims_of_userinfo_are_there(flow, client):
    tokens = flow.tokens(claims='{"userinfo":{"name":null}}')

    answer = client.get(
        "/oauth2/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"}
    )

    assert answer.json["name"] == "Una Example"
    assert "email" not in answer.json


def test_who_asks_for_claims_asks_for_their_consent(authorizations):
    """A claim by name shows no less than its scope."""
    flow = authorizations(consented=False)
    flow.grant("openid")

    assert flow.authorize().params["code"]
    assert flow.authorize(claims='{"userinfo":{"email":null}}').page == "/consent"
