"""Attacks by how an authorization request comes, and on how its errors go back (rows AZ)."""

import pytest

from authserver.flows.service import FlowService
from tests.attacks.rows import attack
from tests.support.authorization_answers import assert_error, assert_error_page


@attack("AZ-29")
def test_a_post_is_answered_as_a_get(flow):
    """OpenID Connect Core 1.0, section 3.1.2.1; oidcc-ensure-post-request-succeeds."""
    answer = flow.post()

    assert answer.location.startswith("https://app.example/cb?code=")
    assert flow.redeem(answer.params["code"]).status_code == 200


@attack("AZ-29")
@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"prompt": "none login"}, "invalid_request"),
        ({"response_type": "zzz"}, "unsupported_response_type"),
        ({"nonce": ["a", "b"]}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
    ],
)
def test_what_is_refused_of_a_get_is_refused_of_a_post(flow, change, error):
    assert_error(flow.post(**change), error)


@attack("AZ-29")
def test_a_post_leads_to_registered_addresses_only(flow):
    assert_error_page(flow.post(redirect_uri="https://evil.com/"), "evil.com")


@attack("AZ-29")
def test_a_posted_form_goes_on_within_a_minute(flow, services):
    """It is bound to nobody: who finds it in a history must not go on with it."""
    sealed = flow.post_form(flow.query()).location
    sealer = services.get(FlowService).sealer
    text, expires_at = sealer.open("posted form", sealed.partition("posted=")[2])
    old = sealer.seal("posted form", [text, expires_at - 61])

    assert flow.go(sealed).params["code"]
    assert_error_page(flow.go(f"/oauth2/authorize?posted={old}"))


@attack("AZ-31")
@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"prompt": "none"}, "login_required"),
        ({"scope": "bogus"}, "invalid_scope"),
        ({"response_type": "zzz"}, "unsupported_response_type"),
        ({"response_mode": "zzz"}, "invalid_request"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"resource": "https://other.example"}, "invalid_target"),
        ({"prompt": "none", "response_mode": "fragment"}, "login_required"),
    ],
)
def test_an_error_says_whose_it_is(authorizations, change, error):
    """RFC 9207, section 2: against mix-up, iss is in every answer."""
    flow = authorizations(signed_in=False)

    assert_error(flow.authorize(**change), error)


@attack("AZ-31")
def test_an_error_in_a_form_says_whose_it_is(authorizations):
    flow = authorizations(signed_in=False)

    answer = flow.authorize(prompt="none", response_mode="form_post")

    assert answer.status == 200
    assert answer.hidden["error"] == "login_required"
    assert (answer.hidden["state"], answer.hidden["iss"]) == ("S", flow.issuer)
