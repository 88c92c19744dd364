"""Authorization requests as JWTs, to the end (OpenID Connect Core 1.0, section 6; RFC 9101)."""

import time

import pytest

from tests.conftest import ISSUER
from tests.support.authorization_answers import REDIRECT_URI, assert_error, assert_error_page
from tests.support.authorizations import VERIFIER, Authorizations, challenge_of
from tests.support.client_keys import ClientKey, key_set
from tests.support.internet import answer_with
from tests.support.jwks_verifier import payload_of


@pytest.fixture(scope="module")
def key():
    return ClientKey()


@pytest.fixture
def signing(authorizations, key):
    """A client that signs its requests."""
    return authorizations(jwks=key_set(key))


def request_object(key, flow, **changes):
    """A whole authorization request, signed; None leaves a claim out."""
    claims = {
        "iss": flow.client_id,
        "aud": ISSUER,
        "exp": int(time.time()) + 60,
        "client_id": flow.client_id,
        "response_type": "code",
        "redirect_uri": REDIRECT_URI,
        "scope": "openid",
        "state": "inner",
        "nonce": "inner",
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
    }
    claims |= changes
    said = {name: value for name, value in claims.items() if value is not None}
    return key.sign(said, typ="oauth-authz-req+jwt")


# What is left outside when the object stands alone.
ALONE = {
    "response_type": None,
    "redirect_uri": None,
    "scope": None,
    "state": None,
    "nonce": None,
    "code_challenge": None,
    "code_challenge_method": None,
}


def test_a_signed_request_leads_to_tokens(signing, key):
    """RFC 9101, section 5.1: client_id and request are enough."""
    answer = signing.authorize(request=request_object(key, signing), **ALONE)
    tokens = signing.redeem(answer.params["code"]).json

    assert answer.params["state"] == "inner"
    assert payload_of(tokens["id_token"])["nonce"] == "inner"


def test_what_the_object_says_wins(signing, key):
    """OpenID Connect Core 1.0, section 6.1."""
    answer = signing.authorize(request=request_object(key, signing))

    assert answer.params["state"] == "inner"


def test_what_it_leaves_out_is_taken_from_beside_it(signing, key):
    request = request_object(key, signing, state=None, nonce=None)

    answer = signing.authorize(request=request, state="outer")

    assert answer.params["state"] == "outer"


def test_the_redirect_uri_of_the_object_counts(authorizations, key):
    """oidcc-ensure-request-object-with-redirect-uri."""
    flow = authorizations(jwks=key_set(key))
    request = request_object(key, flow)

    answer = flow.authorize(request=request, redirect_uri="https://app.example/not-registered")

    assert (answer.location or "").startswith(f"{REDIRECT_URI}?")
    assert "code" in answer.params


def test_a_redirect_uri_that_nobody_registered_is_no_better_inside(signing, key):
    request = request_object(key, signing, redirect_uri="https://evil.example/cb")

    assert_error_page(signing.authorize(request=request), "evil.example")


def test_numbers_and_objects_are_read(signing, key):
    request = request_object(
        key, signing, max_age=10_000, claims={"id_token": {"auth_time": {"essential": True}}}
    )

    tokens = signing.tokens(request=request)

    assert payload_of(tokens["id_token"])["auth_time"]


def test_a_request_travels_by_post_as_well(signing, key):
    assert "code" in signing.post(request=request_object(key, signing), **ALONE).params


def test_it_survives_the_sign_in(authorizations, key):
    flow = authorizations(jwks=key_set(key), signed_in=False)

    step = flow.authorize(request=request_object(key, flow), **ALONE)

    assert "code" in flow.enter(step).params


def test_resources_of_the_object_are_asked_for(signing, key, make_client):
    request = request_object(key, signing, resource=["https://api.example.com"])

    tokens = signing.tokens(request=request)

    assert payload_of(tokens["access_token"])["aud"] == "https://api.example.com"


def test_a_resource_beside_an_object_that_stands_alone_does_not_count(signing, key):
    request = request_object(key, signing)

    answer = signing.authorize(request=request, resource="https://not-mine.example", **ALONE)

    assert "code" in answer.params


def test_an_unsigned_request_is_for_who_registered_that(authorizations, signing):
    free = authorizations(request_object_signing_alg="none")
    unsigned = "eyJhbGciOiJub25lIn0.eyJzdGF0ZSI6ImlubmVyIn0."

    assert free.authorize(request=unsigned).params["state"] == "inner"
    assert_error(signing.authorize(request=unsigned), "request_not_supported")


def test_a_client_that_must_sign_cannot_leave_it(authorizations, key):
    flow = authorizations(jwks=key_set(key), require_signed_request_object=True)

    assert_error(flow.authorize(), "invalid_request")
    assert "code" in flow.authorize(request=request_object(key, flow)).params


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "somebody"},
        {"aud": "https://other.example"},
        {"exp": 1},
        {"client_id": "somebody"},
        {"request_uri": "https://app.example/x"},
        {"response_type": "id_token"},
    ],
)
def test_what_contradicts_is_told_to_the_client(signing, key, changes):
    request = request_object(key, signing, **changes)

    assert_error(signing.authorize(request=request), "invalid_request_object")


def test_the_reason_is_told_without_what_was_sent(signing, key):
    answer = signing.authorize(request=request_object(key, signing, iss="somebody"))

    assert "iss" in answer.params["error_description"]
    assert "somebody" not in answer.params["error_description"]


def test_both_ways_at_once_are_refused(signing, key):
    request = request_object(key, signing)

    answer = signing.authorize(request=request, request_uri="https://app.example/x")

    assert_error(answer, "invalid_request")


# By reference -------------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(internet, make_app, key):
    """A flow of a client that keeps its request at an address, and that address."""
    application, services = make_app()
    site = internet.site("app.example", answer_with(b""))
    flow = Authorizations(application.test_client(), services)(
        jwks=key_set(key), request_uris=[site.url("/request.jwt")]
    )
    return flow, site


def test_a_request_is_fetched_from_where_it_was_registered(elsewhere, key):
    flow, site = elsewhere
    site.answer = answer_with(request_object(key, flow).encode())

    answer = flow.authorize(request_uri=site.url("/request.jwt"), **ALONE)

    assert answer.params["state"] == "inner"
    assert site.requests == ["/request.jwt"]


def test_a_fragment_is_not_sent_and_makes_it_remembered(elsewhere, key):
    flow, site = elsewhere
    site.answer = answer_with(request_object(key, flow).encode())

    answers = [flow.authorize(request_uri=site.url("/request.jwt#v1")) for _ in range(3)]

    assert all("code" in answer.params for answer in answers)
    assert site.requests == ["/request.jwt"]


def test_it_is_not_fetched_again_after_the_sign_in(elsewhere, key):
    """What was sealed at the beginning counts until the end."""
    flow, site = elsewhere
    site.answer = answer_with(request_object(key, flow, prompt="login").encode())

    step = flow.authorize(request_uri=site.url("/request.jwt"), **ALONE)
    site.answer = answer_with(request_object(key, flow, state="later").encode())

    assert flow.enter(step).params["state"] == "inner"
    assert len(site.requests) == 1


@pytest.mark.parametrize("path", ["/other.jwt", "/request.jwt?a=b", "/request.jwt/../x"])
def test_nothing_else_is_fetched(elsewhere, path):
    flow, site = elsewhere

    assert_error(flow.authorize(request_uri=site.url(path)), "invalid_request_uri")

    assert site.requests == []


@pytest.mark.parametrize("status", [302, 404, 500])
def test_what_cannot_be_fetched_is_told_to_the_client(elsewhere, status):
    flow, site = elsewhere
    site.answer = answer_with(b"s3cret", status)

    answer = flow.authorize(request_uri=site.url("/request.jwt"))

    assert_error(answer, "invalid_request_uri")
    assert "s3cret" not in (answer.location or "")
