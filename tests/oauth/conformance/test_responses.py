"""What an authorization request is answered with, for all response types and modes."""

import base64
import hashlib
from dataclasses import replace

import jwt

from tests.support.conformance import REDIRECT_URI, Party, Visitor
from tests.support.id_tokens import IdTokenVerifier
from tests.support.provider import Provider

VERIFIER = "a-verifier-of-the-suite-that-has-more-than-43-letters"


def test_an_answer_has_what_its_response_type_names(party: Party, visitor: Visitor):
    """oidcc-server"""
    outcome = party.complete(visitor.browser, visitor.user)

    named = {"access_token" if word == "token" else word for word in party.words}
    assert outcome.params.keys() & {"code", "id_token", "access_token"} == named
    assert outcome.claims["sub"] == str(visitor.user.id)


def test_a_client_that_posts_its_secret_gets_the_same(
    code_party: Party, visitor: Visitor, provider: Provider
):
    """oidcc-server-client-secret-post"""
    client = provider.make_client(
        REDIRECT_URI,
        token_endpoint_auth_method="client_secret_post",
        grant_types=["authorization_code", "implicit"],
        response_types=[code_party.response_type],
        pkce="optional",
    )
    secret = {"client_id": client.client_id, "client_secret": str(client.secret)}
    party = code_party.with_client(client, authenticate=lambda: secret)

    outcome = party.complete(visitor.browser, visitor.user)

    assert outcome.claims["sub"] == str(visitor.user.id)


def test_a_request_without_a_response_type_is_refused(party: Party, visitor: Visitor):
    """oidcc-response-type-missing"""
    asked = replace(party, response_type="code")

    refused = asked.silently(visitor.browser, response_type=None)

    assert refused.error in ("invalid_request", "unsupported_response_type")
    assert "code" not in refused.params


def test_an_id_token_names_the_published_key_that_signed_it(
    party: Party, visitor: Visitor, provider: Provider
):
    """oidcc-idtoken-signature"""
    outcome = party.complete(visitor.browser, visitor.user)

    header = jwt.get_unverified_header(outcome.id_token)
    published = provider.server.client().get("/.well-known/jwks.json").json["keys"]
    assert header["alg"] == "RS256"
    assert header["kid"] in {key["kid"] for key in published if key["kty"] == "RSA"}


def test_an_id_token_from_the_token_endpoint_may_be_unsigned(visitor: Visitor, provider: Provider):
    """oidcc-idtoken-unsigned"""
    client = provider.make_client(
        REDIRECT_URI, pkce="optional", id_token_signed_response_alg="none"
    )
    outcome = Party(provider, client).complete(visitor.browser, visitor.user)

    token = outcome.tokens["id_token"]

    assert jwt.get_unverified_header(token)["alg"] == "none"
    assert token.endswith(".")


def test_an_id_token_in_the_front_channel_needs_a_nonce(nonce_party: Party, visitor: Visitor):
    """oidcc-ensure-request-without-nonce-fails"""
    refused = nonce_party.silently(visitor.browser, nonce=None)

    assert refused.error == "invalid_request"
    assert refused.params.keys().isdisjoint({"id_token", "code", "access_token"})


def test_a_code_needs_no_nonce(nonceless_party: Party, visitor: Visitor):
    """oidcc-ensure-request-without-nonce-succeeds-for-code-flow"""
    outcome = nonceless_party.complete(visitor.browser, visitor.user, nonce=None)

    assert "nonce" not in outcome.claims


def test_neither_scopes_nor_parameters_have_an_order(party: Party, visitor: Visitor):
    """oidcc-alternate-happy-flow"""
    sent = party.parameters(scope="email openid")
    turned = dict(reversed(sent.items()))

    place = visitor.browser.authorize(party.address(turned), visitor.user)

    assert party.outcome(sent, place).told["email"] == visitor.user.email


def test_a_request_may_be_posted(code_party: Party, newcomer: Visitor):
    """oidcc-ensure-post-request-succeeds"""
    sent = code_party.parameters()
    endpoint = f"{code_party.provider.issuer}/oauth2/authorize"

    posted = newcomer.browser.post(endpoint, sent, origin="https://suite.example.com")
    place = newcomer.browser.pass_through(posted, newcomer.user)

    assert code_party.outcome(sent, place).claims["sub"] == str(newcomer.user.id)


def test_a_challenge_is_met_by_its_verifier(code_party: Party, visitor: Visitor):
    """oidcc-ensure-request-with-valid-pkce-succeeds"""
    digest = hashlib.sha256(VERIFIER.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    outcome = code_party.complete(
        visitor.browser, visitor.user, code_challenge=challenge, code_challenge_method="S256"
    )

    answer = outcome.redeem(code_verifier=VERIFIER)

    assert answer.status_code == 200, answer.text


def test_a_request_may_have_parameters_that_nobody_knows(party: Party, visitor: Visitor):
    """oidcc-ensure-request-with-unknown-parameter-succeeds"""
    outcome = party.complete(visitor.browser, visitor.user, extra="foobar")

    assert outcome.error is None


def test_a_redirect_uri_that_is_not_registered_gets_nothing(party: Party, visitor: Visitor):
    """oidcc-ensure-registered-redirect-uri"""
    place = party.ask(visitor.browser, redirect_uri=f"{REDIRECT_URI}/another")

    assert (place.status, "error" in place.ids) == (400, True)
    assert place.url.startswith(party.provider.issuer)


def test_a_public_client_reads_what_a_confidential_one_does(provider: Provider, visitor: Visitor):
    """oidcc-server with client_auth_type=none"""
    client = provider.make_client(REDIRECT_URI, token_endpoint_auth_method="none")
    digest = hashlib.sha256(VERIFIER.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    outcome = Party(provider, client).complete(
        visitor.browser, visitor.user, code_challenge=challenge, code_challenge_method="S256"
    )

    tokens = outcome.redeem(code_verifier=VERIFIER).json

    verifier = IdTokenVerifier(provider.server.client(), provider.issuer, client.client_id)
    assert verifier.claims(tokens["id_token"])["sub"] == str(visitor.user.id)
