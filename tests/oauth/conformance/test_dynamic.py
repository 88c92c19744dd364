"""The plan Dynamic, as far as it is about what a registered client may do, and key rotation."""

import time
from collections.abc import Callable

import jwt
import pytest

from authserver.actor import SYSTEM
from authserver.signing.service import SigningService
from tests.oauth.conformance.registrations import Registrar
from tests.support.conformance import Visitor
from tests.support.provider import Provider
from tests.support.shelf import Shelf

TOKEN = "/oauth2/token"
# Each process reads the keys again every few seconds.
PATIENCE = 15


def published(provider: Provider) -> set[str]:
    jwks = provider.server.client().get("/.well-known/jwks.json").json
    return {key["kid"] for key in jwks["keys"]}


def soon(read: Callable[[], set[str]], other_than: set[str]) -> set[str]:
    """What is read as soon as it has changed, or at the end of all patience."""
    deadline = time.monotonic() + PATIENCE
    while (found := read()) == other_than and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


@pytest.mark.parametrize("named", ["issuer", "token endpoint", "both"])
def test_an_assertion_may_name_the_issuer_or_the_endpoint(
    code_registrar: Registrar, visitor: Visitor, provider: Provider, named: str
):
    """oidcc-ensure-client-assertion-with-iss-aud-succeeds"""
    endpoint = f"{provider.issuer}{TOKEN}"
    both = [provider.issuer, endpoint]
    audience = {"issuer": provider.issuer, "token endpoint": endpoint, "both": both}[named]
    party = code_registrar.party()
    speaking = party.with_client(
        party.client, authenticate=lambda: code_registrar.assertion(party.client, aud=audience)
    )

    answer = speaking.complete(visitor.browser, visitor.user).redeem()

    assert answer.status_code == 200, answer.text


def test_a_registered_client_refreshes(code_registrar: Registrar, visitor: Visitor):
    """oidcc-refresh-token"""
    party = code_registrar.party()
    outcome = party.complete(visitor.browser, visitor.user, scope="openid offline_access")

    answer = party.token(grant_type="refresh_token", refresh_token=outcome.tokens["refresh_token"])

    assert answer.status_code == 200, answer.text
    assert outcome.verify_again(answer.json["id_token"])["sub"] == outcome.claims["sub"]


def test_a_registered_client_may_have_its_request_fetched(
    registrar: Registrar, visitor: Visitor, shelf: Shelf
):
    """oidcc-request-uri-signed-rs256"""
    address = f"{shelf.base}/{registrar.response_type.replace(' ', '-')}/request.jwt"
    party = registrar.party(request_object_signing_alg="RS256", request_uris=[address])
    sent = party.parameters()
    shelf.put(address.removeprefix(shelf.base), registrar.key.sign(sent), "application/jose")
    beside = {name: sent[name] for name in ("client_id", "response_type", "scope")}

    place = visitor.browser.authorize(
        party.address(beside | {"request_uri": address}), visitor.user
    )

    assert party.outcome(sent, place).claims["sub"] == str(visitor.user.id)


@pytest.mark.parametrize("carried", ["request", "request_uri"])
def test_a_registered_client_may_leave_its_request_unsigned(
    registrar: Registrar, visitor: Visitor, shelf: Shelf, carried: str
):
    """oidcc-request-uri-unsigned, oidcc-ensure-request-object-with-redirect-uri"""
    address = f"{shelf.base}/{registrar.response_type.replace(' ', '-')}/unsigned.jwt"
    party = registrar.party(request_object_signing_alg="none", request_uris=[address])
    sent = party.parameters()
    text = jwt.encode(sent, None, algorithm="none")
    shelf.put(address.removeprefix(shelf.base), text, "application/jose")
    beside = {name: sent[name] for name in ("client_id", "response_type", "scope")}
    beside |= {"redirect_uri": f"{party.redirect_uri}/another"}
    beside |= {carried: text if carried == "request" else address}

    place = visitor.browser.authorize(party.address(beside), visitor.user)

    assert party.outcome(sent, place).claims["sub"] == str(visitor.user.id)


def test_after_a_rotation_the_new_key_is_published_beside_the_old_ones(provider: Provider):
    """oidcc-server-rotate-keys"""
    before = published(provider)

    provider.services.get(SigningService).rotate(SYSTEM)

    assert soon(lambda: published(provider), other_than=before) > before


def test_id_tokens_stay_good_while_keys_rotate(
    code_registrar: Registrar, visitor: Visitor, provider: Provider
):
    """OpenID Connect Core 1.0, section 10.1.1."""
    party = code_registrar.party()
    before = party.complete(visitor.browser, visitor.user)
    assert before.id_token

    provider.services.get(SigningService).rotate(SYSTEM)

    assert before.claims["sub"] == str(visitor.user.id)
    assert party.complete(visitor.browser, visitor.user).claims["sub"] == before.claims["sub"]
