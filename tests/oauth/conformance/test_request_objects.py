"""Request objects, by value and by reference (OpenID Connect Core 1.0, section 6)."""

import secrets
from collections.abc import Mapping
from typing import Any

import jwt
import pytest

from tests.support.client_keys import ClientKey, key_set
from tests.support.conformance import REDIRECT_URI, Outcome, Party, Visitor
from tests.support.shelf import Shelf

# What must be beside the object for a server that knows OAuth 2.0 only.
BESIDE = ("client_id", "response_type", "scope")
JOSE = "application/jose"


@pytest.fixture(scope="module")
def keys() -> tuple[ClientKey, ClientKey]:
    """One of the party, and one of somebody else."""
    return ClientKey("RS256"), ClientKey("RS256")


@pytest.fixture
def path() -> str:
    return f"/requests/{secrets.token_hex(6)}"


def registered(party: Party, **metadata: Any) -> Party:
    """The same party, with a client that sends request objects."""
    grants = ["implicit"] if party.response_type != "code" else []
    grants += ["authorization_code"] if party.has_code else []
    client = party.provider.make_client(
        REDIRECT_URI,
        grant_types=grants,
        response_types=[party.response_type],
        pkce="optional",
        **metadata,
    )
    return party.with_client(client)


def unsigned(party: Party, sent: Mapping[str, str]) -> str:
    """As the suite makes it: with iss and aud."""
    claims = {**sent, "iss": party.client.client_id, "aud": party.provider.issuer}
    return jwt.encode(claims, None, algorithm="none")


def send(party: Party, visitor: Visitor, sent: dict[str, str], **carried: str) -> Outcome:
    """The object, and beside it what must be there."""
    beside = {name: sent[name] for name in BESIDE}
    place = visitor.browser.authorize(party.address(beside | carried), visitor.user)
    return party.outcome(sent, place)


def test_an_unsigned_request_object_is_processed_for_who_registered_it(
    party: Party, visitor: Visitor
):
    """oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported"""
    asking = registered(party, request_object_signing_alg="none")
    sent = asking.parameters()

    outcome = send(asking, visitor, sent, request=unsigned(asking, sent))

    assert outcome.claims["sub"] == str(visitor.user.id)


def test_an_unsigned_request_object_of_others_is_refused_as_unsupported(
    party: Party, visitor: Visitor
):
    """oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported"""
    sent = party.parameters()
    beside = {"state": sent["state"], "redirect_uri": sent["redirect_uri"]}
    beside |= {"response_mode": sent["response_mode"]} if "response_mode" in sent else {}

    outcome = send(party, visitor, sent, request=unsigned(party, sent), **beside)

    assert outcome.error == "request_not_supported"


def test_the_redirect_uri_in_the_object_is_the_one_that_counts(party: Party, visitor: Visitor):
    """oidcc-ensure-request-object-with-redirect-uri"""
    asking = registered(party, request_object_signing_alg="none")
    sent = asking.parameters()
    wrong = f"{REDIRECT_URI}/another"

    outcome = send(asking, visitor, sent, request=unsigned(asking, sent), redirect_uri=wrong)

    assert outcome.error is None
    assert outcome.place.address == REDIRECT_URI


def test_an_unsigned_request_object_is_fetched_from_its_address(
    party: Party, visitor: Visitor, shelf: Shelf, path: str
):
    """oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported"""
    address = shelf.base + path
    asking = registered(party, request_object_signing_alg="none", request_uris=[address])
    sent = asking.parameters()
    shelf.put(path, unsigned(asking, sent), JOSE)

    outcome = send(asking, visitor, sent, request_uri=address)

    assert outcome.claims["sub"] == str(visitor.user.id)


def test_a_signed_request_object_is_fetched_and_verified(
    party: Party, visitor: Visitor, shelf: Shelf, path: str, keys: tuple[ClientKey, ClientKey]
):
    """OpenID Connect Core 1.0, section 6.2."""
    address = shelf.base + path
    asking = registered(
        party,
        request_object_signing_alg="RS256",
        request_uris=[address],
        jwks=key_set(keys[0]),
    )
    sent = asking.parameters()
    audience = {"iss": asking.client.client_id, "aud": asking.provider.issuer}
    shelf.put(path, keys[0].sign({**sent, **audience}), JOSE)

    outcome = send(asking, visitor, sent, request_uri=address)

    assert outcome.claims["sub"] == str(visitor.user.id)


def test_a_request_object_that_somebody_else_signed_is_refused(
    basic: Party, visitor: Visitor, keys: tuple[ClientKey, ClientKey]
):
    """OpenID Connect Core 1.0, section 6.1."""
    asking = registered(basic, request_object_signing_alg="RS256", jwks=key_set(keys[0]))
    sent = asking.parameters()
    forged = keys[1].sign({**sent, "aud": asking.provider.issuer})
    beside = {"state": sent["state"], "redirect_uri": sent["redirect_uri"]}

    outcome = send(asking, visitor, sent, request=forged, **beside)

    assert outcome.error == "invalid_request_object"


def test_a_request_uri_that_is_not_registered_is_not_fetched(
    basic: Party, visitor: Visitor, shelf: Shelf, path: str
):
    """RFC 9101, section 10.4."""
    asking = registered(basic, request_object_signing_alg="none")
    sent = asking.parameters()
    address = shelf.put(path, unsigned(asking, sent), JOSE)
    beside = {"state": sent["state"], "redirect_uri": sent["redirect_uri"]}

    outcome = send(asking, visitor, sent, request_uri=address, **beside)

    assert outcome.error == "invalid_request_uri"
    assert path not in shelf.asked
