"""The authorization endpoint (RFC 6749, section 4.1; OpenID Connect Core 1.0, section 3.1.2)."""

from urllib.parse import parse_qs, urlsplit

import pytest

from authserver.actor import SYSTEM
from authserver.browser_sessions.service import BrowserSessionService
from authserver.clients.service import ClientService
from tests.support.authorization_answers import REDIRECT_URI, assert_error, assert_error_page
from tests.support.authorizations import AUTHORIZE
from tests.support.jwks_verifier import payload_of


def test_who_is_signed_in_and_has_agreed_sees_no_page(flow):
    """Single sign-on: one redirect, and the client has its code."""
    answer = flow.authorize()

    assert answer.status == 303
    assert answer.location.startswith(f"{REDIRECT_URI}?")
    assert answer.params.keys() == {"code", "state", "iss", "session_state"}


def test_who_has_signed_out_gets_no_code_although_a_copy_is_left(flow, services, rows):
    """Redis may have missed the end, and so nobody asks it (docs/adr/0019)."""
    browsers = services.get(BrowserSessionService)
    cookie = flow.http.get_cookie("authserver_session").value
    browsers.find_all(cookie)
    rows.sql("UPDATE browser_sessions SET ended_at = now(), end_reason = 'sign_out'")
    assert browsers.find_all(cookie)

    answer = flow.authorize()

    assert "code" not in answer.params


def test_state_and_issuer_come_back(flow):
    """RFC 6749, section 4.1.2; RFC 9207, section 2."""
    params = flow.authorize(state="ä & = ? #").params

    assert (params["state"], params["iss"]) == ("ä & = ? #", flow.issuer)


def test_without_a_state_there_is_none(flow):
    assert "state" not in flow.authorize(state=None).params


def test_a_code_is_worth_tokens_for_the_person(flow):
    tokens = flow.tokens(scope="openid email", nonce="of-my-own")

    claims = payload_of(tokens["id_token"])
    assert (claims["sub"], claims["nonce"]) == (str(flow.user.id), "of-my-own")
    assert claims["aud"] == flow.client_id
    assert tokens["scope"] == "email openid"


def test_a_code_is_worth_a_refresh_token_that_works(flow):
    tokens = flow.tokens()

    assert flow.party.refresh(tokens["refresh_token"]).status_code == 200


def test_a_client_without_the_grant_gets_no_refresh_token(authorizations):
    flow = authorizations(grant_types=["authorization_code"])

    assert "refresh_token" not in flow.tokens()


def test_without_a_scope_all_that_the_client_may_ask_for_is_meant(authorizations):
    """RFC 6749, section 3.3."""
    flow = authorizations(scope="openid email")

    assert flow.tokens(scope=None)["scope"] == "email openid"


def test_without_openid_it_is_oauth_and_no_more(flow):
    """No ID token, and no session_state to watch."""
    answer = flow.authorize(scope="profile", nonce=None)

    assert "session_state" not in answer.params
    assert "id_token" not in flow.redeem(answer.params["code"]).json


@pytest.mark.parametrize("scope", ["openid offline_access", "offline_access"])
def test_offline_access_is_granted_where_it_can_be_used(flow, scope):
    """OpenID Connect Core 1.0, section 11."""
    assert "offline_access" in flow.tokens(scope=scope, nonce=None)["scope"]


def test_offline_access_is_left_out_where_it_cannot_be_used(authorizations):
    flow = authorizations(grant_types=["authorization_code"])

    assert flow.tokens(scope="openid offline_access")["scope"] == "openid"


def test_a_request_may_name_its_resource(authorizations):
    """RFC 8707, section 2.1."""
    resources = ["https://a.example", "https://b.example"]
    flow = authorizations(audience=resources)

    tokens = flow.tokens(resource="https://b.example")

    assert payload_of(tokens["access_token"])["aud"] in ("https://b.example", ["https://b.example"])


def test_a_resource_that_was_not_asked_for_is_not_granted_later(authorizations):
    """RFC 8707, section 2.2: at the token endpoint it can only become less."""
    flow = authorizations(audience=["https://a.example", "https://b.example"])
    code = flow.code(resource="https://b.example")

    answer = flow.redeem(code, resource="https://a.example")

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_target")


def test_none_answers_without_a_code(authorizations):
    """OAuth 2.0 Multiple Response Type Encoding Practices, section 4."""
    flow = authorizations(response_types=["code", "none"])

    params = flow.authorize(response_type="none").params

    assert params.keys() == {"state", "iss", "session_state"}


def test_none_asks_for_consent_as_well(authorizations):
    """It says that the person has agreed."""
    flow = authorizations(response_types=["code", "none"], consented=False)

    assert flow.authorize(response_type="none").page == "/consent"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "zzz"}, "unsupported_response_type"),
        ({"response_type": "none"}, "unauthorized_client"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"resource": "not-absolute"}, "invalid_target"),
        ({"prompt": "sing"}, "invalid_request"),
        ({"nonce": "n" * 3000}, "invalid_request"),
        ({"scope": "reports:read"}, "invalid_scope"),
    ],
)
def test_the_client_is_told_what_is_wrong(flow, change, error):
    """RFC 6749, section 4.1.2.1; OpenID Connect Core 1.0, section 3.1.2.6."""
    assert_error(flow.authorize(**change), error)


def test_a_disabled_client_has_no_authorization(flow, services):
    services.get(ClientService).disable(SYSTEM, flow.client_id)

    assert_error_page(flow.authorize())


def test_a_client_that_registered_itself_is_not_sent_people_unasked(flow, services, rows, client):
    """RFC 9700, section 4.11.2: it might have registered for the sake of the redirect alone."""
    rows.sql("UPDATE clients SET self_registered = true WHERE client_id = :id", id=flow.client_id)
    services.get(ClientService).tell(flow.client_id)
    stranger = flow.elsewhere(client.application.test_client())

    step = stranger.authorize(scope="zzz")

    assert step.page == "/sign-in"
    assert_error(stranger.enter(step), "invalid_scope")


def test_a_client_that_registered_itself_is_told_when_it_asks_in_silence(flow, services, rows):
    """A frame that waits for an answer must get one."""
    rows.sql("UPDATE clients SET self_registered = true WHERE client_id = :id", id=flow.client_id)
    services.get(ClientService).tell(flow.client_id)
    flow.http.delete_cookie("authserver_session")

    assert_error(flow.authorize(prompt="none"), "login_required")


def test_a_page_of_an_error_has_an_id_and_nothing_of_the_request(flow):
    answer = flow.authorize(redirect_uri="https://somewhere.example/?<b>")

    assert "Error id" in answer.text
    assert "somewhere" not in answer.text


def test_in_development_the_page_says_what_was_received_and_what_expected(flow, make_app):
    developing, _ = make_app(environment="development")

    answer = flow.elsewhere(developing.test_client()).authorize(redirect_uri="https://b.example/")

    assert f"received https://b.example/, registered {REDIRECT_URI}" in answer.text


def test_nothing_of_it_is_stored(flow):
    """Neither an answer nor a page (RFC 9700, section 4.2.4)."""
    for answer in (flow.authorize(), flow.authorize(prompt="login"), flow.authorize(client_id="x")):
        assert "no-store" in answer.response.headers["Cache-Control"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_there_is_no_other_method(client, flow, method):
    answer = client.open(f"{AUTHORIZE}?{flow.query()}", method=method)

    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) >= {"GET", "POST"}


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data"])
def test_only_a_form_can_be_posted(client, flow, content_type):
    answer = client.post(AUTHORIZE, data=flow.query(), content_type=content_type)

    assert (answer.status_code, "Location" in answer.headers) == (400, False)


def test_a_posted_form_goes_on_as_an_address(flow):
    """Lax cookies do not come along with another site's form: what is posted stores nothing."""
    answer = flow.post_form(flow.query())

    assert answer.status == 303
    assert urlsplit(answer.location).path == AUTHORIZE
    assert parse_qs(urlsplit(answer.location).query).keys() == {"posted"}
    assert flow.go(answer.location).params["code"]


def test_a_request_object_may_name_the_resource(authorizations):
    """RFC 9101, section 4: any parameter may be in it."""
    flow = authorizations(
        audience=["https://a.example", "https://b.example"], request_object_signing_alg="none"
    )
    header, claims = "eyJhbGciOiJub25lIn0", "eyJyZXNvdXJjZSI6Imh0dHBzOi8vYi5leGFtcGxlIn0"

    tokens = flow.tokens(request=f"{header}.{claims}.")

    assert payload_of(tokens["access_token"])["aud"] in ("https://b.example", ["https://b.example"])
