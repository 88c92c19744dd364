"""An authorization on its way through sign-in, choice and consent."""

import html
import re

import pytest

from authserver.actor import SYSTEM
from authserver.authn.sign_out import SignOutService
from authserver.clients.service import ClientService
from authserver.clock import FrozenClock, SystemClock
from authserver.http.cookies import Cookies
from authserver.users.service import UserService
from tests.support.authorization_answers import REDIRECT_URI, assert_error_page
from tests.support.authorizations import Authorizations
from tests.support.jwks_verifier import payload_of

_BACK = re.compile(r'href="(https://app\.example/[^"]*)"')


@pytest.fixture
def begun(authorizations):
    """A client that nobody has agreed to, and a browser in which nobody is signed in."""
    return authorizations(signed_in=False, consented=False)


def test_a_person_signs_in_and_agrees_and_the_client_has_its_code(begun):
    step = begun.enter(begun.authorize(state="of-my-own", nonce="mine"))
    answer = begun.consent(step)

    claims = payload_of(begun.redeem(answer.params["code"]).json["id_token"])
    assert answer.params["state"] == "of-my-own"
    assert (claims["nonce"], claims["sub"]) == ("mine", str(begun.user.id))


def test_a_wrong_password_ends_nothing(begun):
    step = begun.authorize()
    begun.submit(step.location, username=begun.user.email, password="not the password")

    assert begun.consent(begun.enter(step)).params["code"]


def test_it_survives_a_restart(begun, make_app):
    """The request is in the browser, and the key outlives the process."""
    step = begun.authorize()

    app, _ = make_app()
    later = app.test_client()
    name = Cookies.of(begun.issuer).browser
    later.set_cookie(name, begun.http.get_cookie(name).value)
    after = begun.elsewhere(later)

    assert after.consent(after.enter(step)).params["code"]


def test_two_tabs_do_not_get_into_each_others_way(begun):
    """Each carries its own request; who signed in in one is signed in in the other."""
    first, second = begun.authorize(state="1"), begun.authorize(state="2")

    answers = [begun.consent(begun.enter(second)), begun.enter(first)]

    assert [answer.params["state"] for answer in answers] == ["2", "1"]
    assert all(begun.redeem(answer.params["code"]).status_code == 200 for answer in answers)


def test_an_overtaken_tab_goes_on_without_a_second_sign_in(begun):
    first, second = begun.authorize(state="1"), begun.authorize(state="2")
    begun.consent(begun.enter(second))

    answer = begun.go(first.location.replace("/sign-in", "/oauth2/authorize"))

    assert answer.params["state"] == "1"


def test_two_clients_do_not_get_into_each_others_way(begun, authorizations):
    other = authorizations(user=begun.user, signed_in=False, consented=False)
    first, second = begun.authorize(state="1"), other.authorize(state="2")

    one, two = begun.consent(begun.enter(first)), other.consent(other.enter(second))

    assert begun.redeem(one.params["code"]).status_code == 200
    assert other.redeem(two.params["code"]).status_code == 200


def test_going_back_and_answering_again_gives_another_code(begun):
    """The back button: the page of consent is answered twice."""
    step = begun.enter(begun.authorize())

    first, second = begun.consent(step), begun.consent(step)

    assert first.params["code"] != second.params["code"]
    assert begun.redeem(second.params["code"]).status_code == 200


def test_several_accounts_are_chosen_among(authorizations, make_user):
    flow = authorizations()
    own, other = flow.sign_in(), make_user()
    flow.grant("openid", other)
    flow.sign_in(other)

    answer = flow.choose(flow.authorize(prompt="select_account"), own)

    claims = payload_of(flow.redeem(answer.params["code"]).json["id_token"])
    assert claims["sub"] == str(flow.user.id)


def test_the_active_account_is_meant_when_nobody_asks(authorizations, make_user):
    flow = authorizations()
    other = make_user()
    flow.grant("openid", other)
    flow.sign_in(other)

    claims = payload_of(flow.tokens()["id_token"])

    assert claims["sub"] == str(other.id)


def test_who_was_asked_to_agree_is_who_agrees(authorizations, make_user):
    """CVE-2025-12390: somebody else signs in in another tab meanwhile."""
    flow = authorizations(consented=False)
    step = flow.authorize()
    flow.sign_in(make_user())

    answer = flow.consent(step)

    claims = payload_of(flow.redeem(answer.params["code"]).json["id_token"])
    assert claims["sub"] == str(flow.user.id)


def test_who_is_signed_out_meanwhile_signs_in_again(authorizations, services):
    """And what a cache remembers does not count."""
    flow = authorizations(consented=False)
    session = flow.sign_in()
    step = flow.authorize()

    services.get(SignOutService).sign_out([session], SYSTEM)

    assert flow.go(step.location.replace("/consent", "/oauth2/authorize")).page == "/sign-in"


def test_a_code_of_somebody_who_has_signed_out_is_worth_nothing(authorizations, services):
    flow = authorizations()
    session = flow.sign_in()
    code = flow.code()

    services.get(SignOutService).sign_out([session], SYSTEM)

    assert flow.redeem(code).json["error"] == "invalid_grant"


def test_who_is_disabled_meanwhile_is_signed_out(authorizations, services):
    flow = authorizations(consented=False)
    step = flow.authorize()

    services.get(UserService).disable(SYSTEM, None, flow.user.id)

    assert flow.go(step.location.replace("/consent", "/oauth2/authorize")).page == "/sign-in"


def test_a_client_that_is_disabled_meanwhile_gets_nothing(begun, services):
    step = begun.authorize()

    services.get(ClientService).disable(SYSTEM, begun.client_id)

    assert_error_page(begun.go(step.location.replace("/sign-in", "/oauth2/authorize")))


def test_an_address_that_is_no_longer_registered_gets_nothing(begun, services):
    step = begun.authorize()

    services.get(ClientService).update(
        SYSTEM, begun.client_id, None, {"redirect_uris": ["https://new.example/cb"]}
    )

    assert_error_page(begun.go(step.location.replace("/sign-in", "/oauth2/authorize")))


# Time ---------------------------------------------------------------------------------------------


@pytest.fixture
def clock():
    """It stands still until a test moves it."""
    return FrozenClock(SystemClock().now())


@pytest.fixture
def at_clock(clock, make_app):
    """A flow at a server that goes by ``clock``."""
    app, services = make_app(clock)
    return Authorizations(app.test_client(), services)(signed_in=False)


def test_it_expires_with_a_page_that_leads_back_to_the_client(at_clock, clock):
    step = at_clock.authorize()
    clock.advance(1800)

    expired = at_clock.go(step.location.replace("/sign-in", "/oauth2/authorize"))

    assert (expired.status, expired.location) == (400, None)
    [back] = [html.unescape(address) for address in _BACK.findall(expired.text)]
    assert back.startswith(f"{REDIRECT_URI}?error=access_denied")
    assert "state=S" in back


def test_the_page_of_a_step_says_the_same(at_clock, clock):
    step = at_clock.authorize()
    clock.advance(1800)

    expired = at_clock.go(step.location)

    assert expired.status == 400
    assert _BACK.search(expired.text)


def test_it_lives_for_half_an_hour(at_clock, clock):
    step = at_clock.authorize()
    clock.advance(1790)

    assert at_clock.go(step.location).status == 200
