"""What is told of a person: userinfo, scopes, and claims that are asked for one by one."""

import json

import pytest

from tests.support.conformance import Party, Visitor
from tests.support.provider import PROFILE, Provider
from tests.support.relying_party import FORM, bearer

# OpenID Connect Core 1.0, section 5.4.
BY_SCOPE = {
    "profile": {
        *("name", "family_name", "given_name", "middle_name", "nickname", "preferred_username"),
        *("profile", "picture", "website", "gender", "birthdate", "zoneinfo", "locale"),
        "updated_at",
    },
    "email": {"email", "email_verified"},
    "address": {"address"},
    "phone": {"phone_number", "phone_number_verified"},
}
EVERYTHING = set().union(*BY_SCOPE.values())


def told(party: Party, visitor: Visitor, scope: str) -> dict[str, object]:
    outcome = party.complete(visitor.browser, visitor.user, scope=scope)
    return {name: value for name, value in outcome.told.items() if name in EVERYTHING}


def test_userinfo_is_read_by_get(userinfo_party: Party, visitor: Visitor):
    """oidcc-userinfo-get"""
    outcome = userinfo_party.complete(visitor.browser, visitor.user)

    answer = userinfo_party.userinfo(outcome.access_token)

    assert answer.headers["Content-Type"].partition(";")[0] == "application/json"
    assert answer.json == {"sub": outcome.claims["sub"]}


def test_userinfo_is_read_by_post_with_the_token_in_the_header(
    userinfo_party: Party, visitor: Visitor, provider: Provider
):
    """oidcc-userinfo-post-header"""
    outcome = userinfo_party.complete(visitor.browser, visitor.user)

    answer = provider.server.client().post("/oauth2/userinfo", headers=bearer(outcome.access_token))

    assert answer.json == {"sub": outcome.claims["sub"]}


def test_userinfo_is_read_by_post_with_the_token_in_the_form(
    userinfo_party: Party, visitor: Visitor, provider: Provider
):
    """oidcc-userinfo-post-body"""
    outcome = userinfo_party.complete(visitor.browser, visitor.user)

    answer = provider.server.client().post(
        "/oauth2/userinfo",
        data=f"access_token={outcome.access_token}",
        headers={"Content-Type": FORM},
    )

    assert answer.json == {"sub": outcome.claims["sub"]}


def test_the_scope_profile_tells_who_somebody_is(party: Party, visitor: Visitor):
    """oidcc-scope-profile"""
    claims = told(party, visitor, "openid profile")

    assert claims.keys() == BY_SCOPE["profile"]
    assert claims["name"] == "Una Example"
    assert claims["birthdate"] == PROFILE["birthdate"]
    assert isinstance(claims["updated_at"], int)


def test_the_scope_email_tells_the_address_and_whether_it_is_checked(
    party: Party, visitor: Visitor
):
    """oidcc-scope-email"""
    claims = told(party, visitor, "openid email")

    assert claims == {"email": visitor.user.email, "email_verified": False}


def test_the_scope_address_tells_where_somebody_lives(party: Party, visitor: Visitor):
    """oidcc-scope-address"""
    claims = told(party, visitor, "openid address")

    assert claims == {"address": PROFILE["address"]}


def test_the_scope_phone_tells_the_number_and_whether_it_is_checked(party: Party, visitor: Visitor):
    """oidcc-scope-phone"""
    claims = told(party, visitor, "openid phone")

    names = ("phone_number", "phone_number_verified")
    assert claims == {name: PROFILE[name] for name in names}


def test_all_scopes_together_tell_everything(party: Party, visitor: Visitor):
    """oidcc-scope-all"""
    claims = told(party, visitor, "openid profile email address phone")

    assert claims.keys() == EVERYTHING


def test_an_essential_claim_is_told_without_its_scope(party: Party, visitor: Visitor):
    """oidcc-claims-essential"""
    place = "userinfo" if party.calls_userinfo else "id_token"
    asked = json.dumps({place: {"name": {"essential": True}}})

    outcome = party.complete(visitor.browser, visitor.user, claims=asked)

    assert outcome.told["name"] == "Una Example"
    assert ("name" in outcome.claims) == (place == "id_token")


@pytest.mark.parametrize("place", ["userinfo", "id_token"])
def test_a_claim_comes_in_the_place_it_is_asked_for(basic: Party, visitor: Visitor, place: str):
    """OpenID Connect Core 1.0, section 5.5."""
    outcome = basic.complete(
        visitor.browser, visitor.user, claims=json.dumps({place: {"nickname": None}})
    )

    found = {"userinfo": "nickname" in outcome.person, "id_token": "nickname" in outcome.claims}
    assert found == {"userinfo": place == "userinfo", "id_token": place == "id_token"}
