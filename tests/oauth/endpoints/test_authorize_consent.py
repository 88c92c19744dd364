"""What a person agrees to at the authorization endpoint, and for how long."""

import pytest

from authserver.actor import SYSTEM
from authserver.consents.service import ConsentService
from tests.support.authorization_answers import assert_error

LOOPBACK = "http://127.0.0.1/callback"


@pytest.fixture
def asked(authorizations):
    """A client that nobody has agreed to yet."""
    return authorizations(consented=False)


def test_a_person_is_asked_once(asked):
    assert asked.consent(asked.authorize()).params["code"]

    assert asked.authorize().params["code"]


def test_who_agrees_gives_the_client_what_it_asked_for(asked):
    answer = asked.consent(asked.authorize(scope="openid email"))

    assert asked.redeem(answer.params["code"]).json["scope"] == "email openid"


def test_more_than_before_is_asked_about_again(asked):
    asked.consent(asked.authorize(scope="openid email"))

    assert asked.authorize(scope="openid").params["code"]
    assert asked.authorize(scope="openid email").params["code"]
    assert asked.authorize(scope="openid profile").page == "/consent"


def test_what_was_agreed_to_bit_by_bit_is_agreed_to_as_a_whole(asked):
    asked.consent(asked.authorize(scope="openid email"))
    asked.consent(asked.authorize(scope="openid profile"))

    assert asked.authorize(scope="openid email profile").params["code"]


def test_a_no_is_told_to_the_client(asked):
    """RFC 6749, section 4.1.2.1."""
    assert_error(asked.consent(asked.authorize(), "deny"), "access_denied")


def test_a_no_is_not_remembered(asked):
    asked.consent(asked.authorize(), "deny")

    assert asked.authorize().page == "/consent"


def test_a_no_to_more_keeps_what_was_agreed_to(asked):
    asked.consent(asked.authorize(scope="openid"))
    asked.consent(asked.authorize(scope="openid email"), "deny")

    assert asked.authorize(scope="openid").params["code"]


def test_what_is_withdrawn_is_asked_about_again(asked, services):
    asked.consent(asked.authorize())

    services.get(ConsentService).withdraw(asked.user.id, asked.client_id, SYSTEM)

    assert asked.authorize().page == "/consent"


def test_consent_is_each_persons_own(asked, make_user):
    asked.consent(asked.authorize())
    asked.sign_in(make_user())

    assert asked.authorize().page == "/consent"


def test_clients_of_the_house_need_none(authorizations):
    flow = authorizations(consented=False, first_party=True)

    assert flow.authorize().params["code"]


def test_a_client_of_the_house_may_ask_for_it(authorizations):
    flow = authorizations(consented=False, first_party=True)

    assert flow.authorize(prompt="consent").page == "/consent"


def test_asked_for_again_it_can_be_refused(asked):
    """prompt=consent: what was agreed to before does not count in this request."""
    asked.consent(asked.authorize())

    assert_error(asked.consent(asked.authorize(prompt="consent"), "deny"), "access_denied")


@pytest.mark.parametrize("port", ["", ":1", ":8080", ":65535"])
def test_a_native_application_listens_where_it_can(authorizations, port):
    """RFC 8252, section 7.3: any port of the loopback address."""
    uri = f"http://127.0.0.1{port}/callback"
    flow = authorizations.public(
        application_type="native", redirect_uris=[LOOPBACK], parameters={"redirect_uri": uri}
    )

    answer = flow.consent(flow.authorize())

    assert answer.location.startswith(f"{uri}?code=")
    assert flow.redeem(answer.params["code"]).status_code == 200


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:8080/other",
        "http://127.0.0.2:8080/callback",
        "https://127.0.0.1:8080/callback",
        "http://[::1]:8080/callback",
        "http://localhost:8080/callback",
        "http://127.0.0.1:808000/callback",
        "http://127.0.0.1:/callback",
        "http://127.0.0.1:80@evil.com/callback",
    ],
)
def test_it_is_the_port_that_varies_and_nothing_else(authorizations, uri):
    flow = authorizations.public(
        application_type="native", redirect_uris=[LOOPBACK], parameters={"redirect_uri": uri}
    )

    assert (flow.authorize().status, flow.authorize().location) == (400, None)


def test_the_code_is_redeemed_with_the_port_that_was_used(authorizations):
    """RFC 6749, section 4.1.3: the address of the request, not the registered one."""
    uri = "http://127.0.0.1:8080/callback"
    flow = authorizations.public(
        application_type="native", redirect_uris=[LOOPBACK], parameters={"redirect_uri": uri}
    )
    code = flow.consent(flow.authorize()).params["code"]

    answer = flow.redeem(code, redirect_uri=LOOPBACK)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")
