"""The plan Dynamic, as far as it is about what a client registers."""

import secrets

import jwt
import pytest

from tests.oauth.conformance.registrations import Registrar
from tests.support.browser import links
from tests.support.client_keys import ClientKey, key_set
from tests.support.conformance import REDIRECT_URI, Visitor
from tests.support.id_tokens import IdTokenVerifier
from tests.support.shelf import Shelf

WEB = "https://suite.example.com"


def test_a_client_registers_itself_and_signs_somebody_in(registrar: Registrar, visitor: Visitor):
    """oidcc-server, registered dynamically with jwks"""
    party = registrar.party()

    outcome = party.complete(visitor.browser, visitor.user)

    assert outcome.claims["sub"] == str(visitor.user.id)


def test_a_registration_is_answered_with_what_was_registered(registrar: Registrar):
    """oidcc-server; OpenID Connect Registration 1.0, section 3.2"""
    answer = registrar.post()

    assert answer.status_code == 201
    assert answer.headers["Content-Type"].partition(";")[0] == "application/json"
    assert answer.json["redirect_uris"] == [REDIRECT_URI]
    assert answer.json["response_types"] == [registrar.response_type]
    assert answer.json.keys() >= {"client_id", "registration_access_token"}


def test_a_client_may_ask_for_rs256(registrar: Registrar, visitor: Visitor):
    """oidcc-idtoken-rs256"""
    party = registrar.party(id_token_signed_response_alg="RS256")

    outcome = party.complete(visitor.browser, visitor.user)

    assert outcome.claims["sub"] == str(visitor.user.id)
    assert jwt.get_unverified_header(outcome.id_token)["alg"] == "RS256"


def test_a_client_may_ask_for_no_signature(code_registrar: Registrar, visitor: Visitor):
    """oidcc-idtoken-unsigned"""
    party = code_registrar.party(id_token_signed_response_alg="none")

    token = party.complete(visitor.browser, visitor.user).tokens["id_token"]

    assert jwt.get_unverified_header(token)["alg"] == "none"


def test_unsigned_id_tokens_do_not_go_through_the_browser(registrar: Registrar):
    """oidcc-idtoken-unsigned, where it must be refused (Registration 1.0, section 2)"""
    if "id_token" not in registrar.response_type:
        registrar = Registrar(registrar.provider, registrar.key, "code id_token")

    refused = registrar.post(id_token_signed_response_alg="none")

    assert (refused.status_code, refused.json["error"]) == (400, "invalid_client_metadata")


def test_userinfo_may_be_signed(code_registrar: Registrar, visitor: Visitor):
    """oidcc-userinfo-rs256"""
    party = code_registrar.party(userinfo_signed_response_alg="RS256")
    outcome = party.complete(visitor.browser, visitor.user)

    answer = party.userinfo(outcome.access_token)

    assert answer.headers["Content-Type"].partition(";")[0] == "application/jwt"
    http, client = party.provider.server.client(), party.client
    verifier = IdTokenVerifier(http, party.provider.issuer, client.client_id)
    claims = verifier.claims(answer.text)
    assert claims["sub"] == outcome.claims["sub"]


@pytest.mark.parametrize("path", ["/callback?foo=bar", "/callback?foo=bar&baz=%20"])
def test_a_redirect_uri_keeps_its_query(registrar: Registrar, visitor: Visitor, path: str):
    """oidcc-redirect-uri-query-OK"""
    party = registrar.party(WEB + path)

    outcome = party.complete(visitor.browser, visitor.user)

    assert outcome.place.url.startswith(WEB + path)


@pytest.mark.parametrize(
    ("registered", "asked"),
    [
        ("/callback?foo=bar", "/callback?foo=baz"),
        ("/callback?foo=bar", "/callback"),
        ("/callback", "/callback?foo=bar"),
        ("/callback?foo=bar", "/callback?foo=bar&more=1"),
    ],
)
def test_a_redirect_uri_with_another_query_is_another(
    registrar: Registrar, visitor: Visitor, registered: str, asked: str
):
    """oidcc-redirect-uri-query-mismatch, oidcc-redirect-uri-query-added"""
    party = registrar.party(WEB + registered)

    place = party.ask(visitor.browser, redirect_uri=WEB + asked)

    assert (place.status, "error" in place.ids) == (400, True)


def test_a_redirect_uri_with_a_fragment_is_refused(registrar: Registrar):
    """oidcc-redirect-uri-regfrag"""
    refused = registrar.post(redirect_uris=[f"{REDIRECT_URI}#foobar"])

    assert refused.status_code == 400
    assert refused.json["error"] in ("invalid_redirect_uri", "invalid_client_metadata")


def test_a_request_without_a_redirect_uri_gets_a_page(registrar: Registrar, visitor: Visitor):
    """oidcc-ensure-redirect-uri-in-authorization-request"""
    party = registrar.party()

    place = party.ask(visitor.browser, redirect_uri=None)

    assert (place.status, "error" in place.ids) == (400, True)


def test_the_logo_is_shown(code_registrar: Registrar, newcomer: Visitor):
    """oidcc-registration-logo-uri: during approval (Registration 1.0, section 2)"""
    logo = f"{WEB}/logo.png"
    party = code_registrar.party(logo_uri=logo)

    page = newcomer.browser.sign_in(party.ask(newcomer.browser), newcomer.user)

    assert "consent-allow" in page.ids
    assert f'<img class="logo" src="{logo}"' in page.html
    assert f"img-src 'self' {WEB}" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("member", ["policy_uri", "tos_uri"])
def test_policy_and_terms_are_linked(code_registrar: Registrar, newcomer: Visitor, member: str):
    """oidcc-registration-policy-uri, oidcc-registration-tos-uri"""
    address = f"{WEB}/{member}.html"
    party = code_registrar.party(**{member: address})

    page = newcomer.browser.sign_in(party.ask(newcomer.browser), newcomer.user)

    assert "consent-allow" in page.ids
    assert address in list(links(page))


def test_a_key_may_be_at_an_address(registrar: Registrar, visitor: Visitor, shelf: Shelf):
    """oidcc-registration-jwks-uri"""
    if "code" not in registrar.response_type:
        registrar = Registrar(registrar.provider, registrar.key, f"code {registrar.response_type}")
    address = shelf.put(f"/{secrets.token_hex(6)}/jwks.json", key_set(registrar.key))
    party = registrar.party(jwks=None, jwks_uri=address)

    outcome = party.complete(visitor.browser, visitor.user)

    assert outcome.tokens["access_token"]


def test_a_sector_that_lists_the_redirect_uris_is_accepted(registrar: Registrar, shelf: Shelf):
    """oidcc-registration-sector-uri"""
    address = shelf.put(f"/{secrets.token_hex(6)}/uris.json", [REDIRECT_URI])

    answer = registrar.post(subject_type="pairwise", sector_identifier_uri=address)

    assert answer.status_code == 201, answer.text


def test_a_sector_that_lists_others_is_refused(registrar: Registrar, shelf: Shelf):
    """oidcc-registration-sector-bad"""
    others = [f"{REDIRECT_URI}/another"]
    address = shelf.put(f"/{secrets.token_hex(6)}/uris.json", others)

    refused = registrar.post(sector_identifier_uri=address)

    assert (refused.status_code, refused.json["error"]) == (400, "invalid_client_metadata")


def test_a_changed_key_is_found_at_the_same_address(
    code_registrar: Registrar, visitor: Visitor, shelf: Shelf
):
    """oidcc-refresh-token-rp-key-rotation"""
    path, key = f"/{secrets.token_hex(6)}/jwks.json", ClientKey("RS256")
    address = shelf.put(path, key_set(code_registrar.key))
    party = code_registrar.party(jwks=None, jwks_uri=address)
    tokens = party.complete(visitor.browser, visitor.user).tokens
    shelf.put(path, key_set(key))
    rotated = party.with_client(
        party.client, authenticate=lambda: code_registrar.assertion(party.client, key)
    )

    answer = rotated.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])

    assert answer.status_code == 200, answer.text
