"""Codes and refresh tokens."""

from typing import Any

import pytest

from tests.support.conformance import Party, Visitor
from tests.support.provider import Provider


def assert_refused(answer: Any) -> None:
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


def test_a_code_works_once(code_party: Party, visitor: Visitor):
    """oidcc-codereuse"""
    outcome = code_party.complete(visitor.browser, visitor.user)
    assert outcome.redeem().status_code == 200

    again = outcome.redeem()

    assert_refused(again)


def test_a_code_that_comes_again_later_ends_what_it_gave(code_party: Party, visitor: Visitor):
    """oidcc-codereuse-30seconds"""
    outcome = code_party.complete(visitor.browser, visitor.user)
    given = outcome.tokens["access_token"]
    assert code_party.userinfo(given).status_code == 200
    visitor.pass_time(30)

    again = outcome.redeem()

    assert_refused(again)
    assert code_party.userinfo(given).status_code == 401


def refresh(party: Party, token: str) -> Any:
    return party.token(grant_type="refresh_token", refresh_token=token)


def test_a_refresh_gives_tokens_about_the_same_sign_in(code_party: Party, visitor: Visitor):
    """oidcc-refresh-token"""
    outcome = code_party.complete(
        visitor.browser, visitor.user, scope="openid offline_access", prompt="consent"
    )
    before = outcome.claims

    answer = refresh(code_party, outcome.tokens["refresh_token"])

    assert answer.status_code == 200, answer.text
    verified = outcome.verify_again(answer.json["id_token"])
    kept = ("iss", "sub", "aud", "auth_time")
    assert [verified[name] for name in kept] == [before[name] for name in kept]
    assert "nonce" not in verified
    assert code_party.userinfo(answer.json["access_token"]).json["sub"] == before["sub"]


@pytest.mark.parametrize("scope", ["openid", "openid offline_access"])
def test_a_refresh_token_is_of_use_to_its_client_only(
    code_party: Party, visitor: Visitor, provider: Provider, scope: str
):
    """oidcc-refresh-token"""
    outcome = code_party.complete(visitor.browser, visitor.user, scope=scope)
    stranger = provider.make_client("https://suite.example.com/test/second")
    other = Party(provider, stranger)

    refused = refresh(other, outcome.tokens["refresh_token"])

    assert_refused(refused)
