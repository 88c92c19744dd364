"""What consent is worth after it was taken back, and an account after it was signed out."""

import pytest

from authserver.actor import SYSTEM
from authserver.authn.sign_out import SignOutService
from authserver.consents.service import ConsentService
from tests.attacks.rows import attack
from tests.support.first_party import FirstParty
from tests.support.relying_party import bearer


@pytest.fixture
def withdraw(services):
    """``withdraw(flow)``: the person takes everything back from the client."""
    consents = services.get(ConsentService)
    return lambda flow: consents.withdraw(flow.user.id, flow.client_id, SYSTEM)


def test_a_code_is_worth_nothing_after_consent_was_withdrawn(flow, withdraw):
    """RFC 6749, section 10.2: a client that kept one back has no session that lives on."""
    code = flow.code()

    withdraw(flow)

    answer = flow.redeem(code)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


@attack("RF-20")
def test_tokens_are_worth_nothing_after_consent_was_withdrawn(flow, client):
    """OWASP ASVS 5.0, 10.7.3; CVE-2026-43983: by the REST API, as the person does it."""
    tokens = flow.tokens(scope="openid offline_access")
    mine = bearer(FirstParty(client).log_in(flow.user).json["accessToken"])

    address = f"/api/users/{flow.user.id}/consents/{flow.client_id}"
    assert client.delete(address, headers=mine).status_code == 204

    answer = flow.party.refresh(tokens["refresh_token"])
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")
    assert flow.party.introspect(tokens["access_token"]).json == {"active": False}


def test_a_token_by_way_of_the_browser_needs_consent_as_well(hybrid, services):
    """RFC 6749, section 10.16."""
    step = hybrid.authorize(response_type="id_token token", prompt="consent")
    answered = hybrid.submit(step.location, answer="allow")
    hybrid.services.get(ConsentService).withdraw(hybrid.user.id, hybrid.client_id, SYSTEM)

    answer = hybrid.go(answered.location)

    assert answer.page == "/consent"


def test_an_answer_from_before_is_none_after_consent_was_withdrawn(authorizations, withdraw):
    """The address of a yes stays in the history of the browser for half an hour."""
    flow = authorizations(consented=False)
    answered = flow.submit(flow.authorize().location, answer="allow")
    assert "code" in flow.go(answered.location).params

    withdraw(flow)

    assert flow.go(answered.location).page == "/consent"


@pytest.mark.parametrize("uri", ["https://app.example/cb", "com.example.app:/cb"])
def test_a_public_client_is_asked_about_again_too(authorizations, withdraw, uri):
    flow = authorizations.public(
        consented=False, redirect_uris=[uri], parameters={"redirect_uri": uri}
    )
    answered = flow.submit(flow.authorize().location, answer="allow")
    withdraw(flow)

    assert flow.go(answered.location).page == "/consent"


def test_a_client_of_the_house_needs_none_to_redeem(authorizations):
    flow = authorizations(first_party=True, consented=False)

    assert flow.tokens()["access_token"]


@attack("LG-21")
def test_for_who_was_chosen_and_signed_out_nobody_else_is_taken(authorizations, make_user):
    """CVE-2025-12390: the other account of the browser was not what the person chose."""
    flow = authorizations()
    chosen, other = flow.sign_in(), make_user()
    flow.grant("openid", other)
    flow.sign_in(other)
    step = flow.authorize(prompt="select_account")
    answered = flow.submit(step.location, account=str(chosen.id))

    flow.services.get(SignOutService).sign_out([chosen], SYSTEM)

    assert flow.go(answered.location).page == "/sign-in"
