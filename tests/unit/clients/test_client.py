"""How a client proves itself: RFC 6749, section 2.3."""

from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest

from authserver.clients.metadata import Client, Secret
from authserver.ids import digest

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def make_client(**members: Any) -> Client:
    web = {
        "client_id": "web",
        "client_name": "Web",
        "enabled": True,
        "first_party": False,
        "built_in": False,
        "strict": False,
        "resource_server": False,
        "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": frozenset({"authorization_code"}),
        "response_types": frozenset({"code"}),
        "redirect_uris": ("https://app.example/cb",),
        "scope_text": "openid profile",
        "audience": (),
        "access_token_signing_alg": None,
        "metadata": MappingProxyType({"contacts": ("ops@app.example",)}),
        "version": 1,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Client(**web | members)


def with_secrets(*secrets: tuple[str, datetime | None]) -> Client:
    return make_client(secrets=tuple(Secret(digest(text), end) for text, end in secrets))


def test_a_clients_own_secret_is_accepted():
    assert with_secrets(("right", None)).check_client_secret("right", NOW)


@pytest.mark.parametrize("secret", ["wrong", "", "right ", "Right", "\ud800", "\x00", "ключ"])
def test_another_secret_is_refused(secret):
    """CA-01, CA-13."""
    assert not with_secrets(("right", None)).check_client_secret(secret, NOW)


def test_the_digest_of_a_secret_is_not_a_secret():
    """A dump of the database lets nobody in."""
    client = with_secrets(("right", None))

    assert not client.check_client_secret(digest("right").hex(), NOW)


def test_both_secrets_are_accepted_during_the_overlap():
    """CA-29."""
    client = with_secrets(("old", NOW + timedelta(seconds=1)), ("new", None))

    accepted = [client.check_client_secret(secret, NOW) for secret in ("old", "new")]

    assert accepted == [True, True]


def test_an_expired_secret_is_refused():
    """CA-30; RFC 7591, section 3.2.1."""
    client = with_secrets(("old", NOW), ("new", None))

    assert not client.check_client_secret("old", NOW)


@pytest.mark.parametrize("secret", ["", "x"])
def test_a_client_without_secrets_accepts_none(secret):
    """CA-09, CA-10."""
    assert not make_client().check_client_secret(secret, NOW)


def test_the_two_methods_by_secret_stand_for_one_another():
    assert make_client().check_endpoint_auth_method("client_secret_post", "token")


def test_a_strict_client_is_held_to_its_method():
    """CA-07; RFC 7591, section 2."""
    client = make_client(strict=True)

    assert not client.check_endpoint_auth_method("client_secret_post", "token")


def test_a_confidential_client_cannot_pass_for_a_public_one():
    """CA-08; RFC 6749, section 3.2.1."""
    assert not make_client().check_endpoint_auth_method("none", "token")


def test_a_public_client_cannot_use_a_secret():
    """CA-10, DC-06."""
    client = make_client(token_endpoint_auth_method="none")

    assert not client.check_endpoint_auth_method("client_secret_post", "token")


def test_a_client_may_use_the_grant_types_that_it_registered():
    assert make_client().check_grant_type("authorization_code")


def test_a_client_may_use_no_other_grant_type():
    """RFC 6749, section 5.2."""
    assert not make_client().check_grant_type("password")


def test_the_scope_of_a_client_is_a_set():
    assert make_client().scope == {"openid", "profile"}


def test_equal_clients_have_equal_hashes():
    assert hash(make_client()) == hash(make_client())


def test_nobody_can_change_a_client_that_threads_share():
    client = make_client()

    with pytest.raises(AttributeError):
        client.enabled = False


def test_no_secret_and_no_digest_is_printed():
    text = repr(with_secrets(("right", None)))

    assert repr(digest("right")) not in text


def test_what_was_registered_can_be_registered_again():
    registered = make_client().registered()

    assert registered["contacts"] == ("ops@app.example",)
    assert registered["scope"] == "openid profile"
