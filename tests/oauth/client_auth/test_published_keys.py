"""The keys that a client publishes by itself, at its ``jwks_uri``."""

import json

import pytest

from tests.support.client_keys import ClientKey, assertion_claims, key_set, post_assertion
from tests.support.internet import answer_with


@pytest.fixture
def key():
    return ClientKey()


@pytest.fixture
def publishing(internet, make_app, make_client, key):
    """A client with a jwks_uri: the HTTP client, its id, its site, and how it publishes keys."""
    site = internet.site("keys.example", answer_with(b""))

    def publish(*keys: ClientKey) -> None:
        content = json.dumps(key_set(*keys)).encode()
        site.answer = answer_with(content, Content_Type="application/octet-stream")

    publish(key)
    client_id = make_client(
        token_endpoint_auth_method="private_key_jwt", jwks_uri=site.url("/jwks")
    ).client_id
    application, _ = make_app()
    return application.test_client(), client_id, site, publish


def test_keys_come_from_the_jwks_uri(publishing, key):
    http, client_id, site, _ = publishing

    answers = [
        post_assertion(http, key.sign(assertion_claims(client_id))).status_code for _ in range(3)
    ]

    assert answers == [200, 200, 200]
    assert site.requests == ["/jwks"]


def test_a_rotation_at_the_jwks_uri_is_followed_at_once(publishing, key):
    """OpenID Connect Core 1.0, section 10.1.1; oidcc-refresh-token-rp-key-rotation."""
    http, client_id, _, publish = publishing
    post_assertion(http, key.sign(assertion_claims(client_id)))
    second = ClientKey()
    publish(second)

    answers = [
        post_assertion(http, used.sign(assertion_claims(client_id))).status_code
        for used in (second, key)
    ]

    assert answers == [200, 401]


def test_a_rotation_without_ids_is_followed_as_well(publishing):
    http, client_id, _, publish = publishing
    first, second = ClientKey(kid=None), ClientKey(kid=None)

    answers = []
    for used in (first, second):
        publish(used)
        answers.append(post_assertion(http, used.sign(assertion_claims(client_id))).status_code)

    assert answers == [200, 200]


def test_the_last_good_keys_are_used_while_the_jwks_uri_is_down(publishing, key):
    http, client_id, site, _ = publishing
    post_assertion(http, key.sign(assertion_claims(client_id)))
    site.answer = answer_with(b"", 503)
    post_assertion(http, ClientKey().sign(assertion_claims(client_id)))

    assert post_assertion(http, key.sign(assertion_claims(client_id))).status_code == 200
