"""Who may have which claim (OpenID Connect Core 1.0, sections 5.4 and 5.5)."""

from datetime import UTC, datetime

import pytest

from authserver.tokens.user_claims import CLAIMS, CLAIMS_BY_SCOPE, asks_for_any, claims_for
from authserver.users.people import Person
from authserver.users.standard_claims import READERS

PROFILE = {
    "given_name": "Una",
    "family_name": "Example",
    "middle_name": "M.",
    "nickname": "U",
    "preferred_username": "una",
    "profile": "https://una.example/",
    "picture": "https://una.example/me.png",
    "website": "https://una.example/",
    "gender": "female",
    "birthdate": "1990-02-28",
    "zoneinfo": "Europe/Paris",
    "locale": "fr-FR",
    "address": {"country": "FR"},
    "phone_number": "+33123456789",
    "phone_number_verified": False,
}
UNA = Person("una@example.com", False, "Una Example", datetime(2026, 11, 22, tzinfo=UTC), PROFILE)
UNKNOWN = Person("una@example.com", True, None, datetime(2026, 11, 22, tzinfo=UTC), {})


def test_each_standard_claim_has_one_scope():
    """Section 5.1: all but ``sub``."""
    assert len(CLAIMS) == len(set(CLAIMS)) == 19
    assert set(READERS) < set(CLAIMS)


@pytest.mark.parametrize("scope", CLAIMS_BY_SCOPE)
def test_a_scope_shows_its_claims_and_no_others(scope):
    """Section 5.4."""
    assert set(claims_for(UNA, {"openid", scope}, None)) == set(CLAIMS_BY_SCOPE[scope])


def test_openid_alone_shows_nothing():
    assert claims_for(UNA, {"openid", "offline_access", "reports:read"}, None) == {}


def test_claims_have_the_types_of_the_specification():
    found = claims_for(UNA, set(CLAIMS_BY_SCOPE), None)

    assert found["updated_at"] == 1795305600
    assert (found["email_verified"], found["phone_number_verified"]) == (False, False)
    assert found["address"] == {"country": "FR"}


def test_what_is_unknown_is_left_out():
    """Section 5.3.2: neither null nor an empty text."""
    found = claims_for(UNKNOWN, set(CLAIMS_BY_SCOPE), None)

    assert set(found) == {"updated_at", "email", "email_verified"}


def test_a_profile_never_names_a_claim_or_replaces_one():
    """What somebody wrote of themselves says nothing of their address."""
    lies = {"email": "admin@example.com", "email_verified": True, "sub": "x", "admin": True}
    liar = Person("una@example.com", False, None, UNA.updated_at, lies)

    found = claims_for(liar, set(CLAIMS_BY_SCOPE), dict.fromkeys(lies))

    assert (found["email"], found["email_verified"]) == ("una@example.com", False)
    assert not {"sub", "admin"} & found.keys()


# Single claims ------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [None, {}, {"essential": True}, {"essential": False}, {"x": 1}])
def test_a_claim_may_be_asked_for_by_its_name(how):
    """Section 5.5.1; unknown members are ignored."""
    assert claims_for(UNA, {"openid"}, {"nickname": how}) == {"nickname": "U"}


@pytest.mark.parametrize("how", [{"value": "U"}, {"values": ["x", "U"]}])
def test_a_claim_with_the_value_asked_for_is_there(how):
    assert claims_for(UNA, set(), {"nickname": how}) == {"nickname": "U"}


@pytest.mark.parametrize("how", [{"value": "x"}, {"values": ["x"]}, {"values": []}])
def test_a_claim_with_another_value_is_not(how):
    assert claims_for(UNA, set(), {"nickname": how | {"essential": True}}) == {}


def test_what_the_scope_shows_is_there_with_any_value():
    found = claims_for(UNA, {"email"}, {"email": {"value": "x"}})

    assert found["email"] == "una@example.com"


@pytest.mark.parametrize("name", ["name#de", "toString", "__class__", "password_hash", "", "roles"])
def test_what_we_do_not_know_is_left_out(name):
    """Section 5.5.1: to leave out an essential claim is no error."""
    assert claims_for(UNA, set(), {name: {"essential": True}}) == {}


@pytest.mark.parametrize(
    ("requested", "expected"),
    [
        (None, False),
        ({}, False),
        ({"acr": {"essential": True}, "auth_time": None, "sub": {"value": "x"}}, False),
        ({"acr": None, "email": None}, True),
    ],
)
def test_a_request_for_the_sign_in_alone_needs_no_profile(requested, expected):
    assert asks_for_any(requested) is expected
