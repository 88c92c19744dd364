"""The plan RP-Initiated Logout."""

import base64
import json
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest

from tests.support.browser import Place
from tests.support.conformance import REDIRECT_URI, Outcome, Party, Visitor
from tests.support.provider import Provider

GOODBYE = "https://suite.example.com/test/post_logout_redirect"
# Long, so that nobody cuts it.
STATE = "s" * 128


@dataclass(frozen=True)
class SignedIn:
    """Somebody who has signed in through a client that can sign them out."""

    party: Party
    visitor: Visitor
    outcome: Outcome

    def end_session(self, **changes: str | None) -> Place:
        """The request of the suite; a value of None is left out."""
        values: dict[str, str | None] = {
            "id_token_hint": self.outcome.id_token,
            "post_logout_redirect_uri": GOODBYE,
            "state": STATE,
        }
        sent = {name: value for name, value in (values | changes).items() if value is not None}
        endpoint = f"{self.party.provider.issuer}/oauth2/end_session"
        return self.visitor.browser.go(f"{endpoint}?{urlencode(sent)}" if sent else endpoint)

    @property
    def is_over(self) -> bool:
        """Whether a request with prompt=none finds nobody."""
        answer = self.party.silently(self.visitor.browser, prompt="none")
        return answer.error == "login_required"


@pytest.fixture(params=["code", "id_token", "code id_token token"])
def signed_in(request: pytest.FixtureRequest, provider: Provider, newcomer: Visitor) -> SignedIn:
    kind = request.param
    grants = ["implicit"] if kind != "code" else []
    grants += ["authorization_code"] if "code" in kind else []
    client = provider.make_client(
        REDIRECT_URI,
        grant_types=grants,
        response_types=[kind],
        pkce="optional",
        post_logout_redirect_uris=[GOODBYE],
    )
    party = Party(provider, client, kind)
    return SignedIn(party, newcomer, party.complete(newcomer.browser, newcomer.user))


def test_a_client_signs_somebody_out_and_gets_them_back(signed_in: SignedIn):
    """oidcc-rp-initiated-logout"""
    place = signed_in.end_session()

    assert place.is_elsewhere
    assert place.url == f"{GOODBYE}?state={STATE}"
    assert signed_in.is_over


def test_a_wrong_address_leads_nowhere(signed_in: SignedIn):
    """oidcc-rp-initiated-logout-bad-post-logout-redirect-uri"""
    place = signed_in.end_session(post_logout_redirect_uri=f"{GOODBYE}/another")

    assert (place.status, "error" in place.ids) == (400, True)


def test_an_address_with_a_query_that_was_not_registered_leads_nowhere(signed_in: SignedIn):
    """oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri"""
    place = signed_in.end_session(post_logout_redirect_uri=f"{GOODBYE}?foo=bar")

    assert (place.status, "error" in place.ids) == (400, True)


def test_an_id_token_whose_signature_was_taken_away_is_not_believed(signed_in: SignedIn):
    """oidcc-rp-initiated-logout-modified-id-token-hint"""
    _, payload, _ = signed_in.outcome.id_token.split(".")
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).rstrip(b"=").decode()

    place = signed_in.end_session(id_token_hint=f"{header}.{payload}.")

    assert (place.status, "error" in place.ids) == (400, True)
    assert not signed_in.is_over


def test_an_id_token_that_is_none_is_not_believed(signed_in: SignedIn):
    """oidcc-rp-initiated-logout-bad-id-token-hint"""
    place = signed_in.end_session(id_token_hint="not an ID token")

    assert (place.status, "error" in place.ids) == (400, True)
    assert not signed_in.is_over


def test_without_an_id_token_nobody_is_sent_on(signed_in: SignedIn):
    """oidcc-rp-initiated-logout-no-id-token-hint"""
    place = signed_in.end_session(id_token_hint=None)

    assert not place.is_elsewhere
    assert not {"error", "logout-confirm"}.isdisjoint(place.ids)
    assert not signed_in.is_over


@pytest.mark.parametrize("state", [None, STATE], ids=["no parameters", "only state"])
def test_without_an_id_token_the_person_decides(signed_in: SignedIn, state: str | None):
    """oidcc-rp-initiated-logout-no-params, oidcc-rp-initiated-logout-only-state"""
    asked = signed_in.end_session(id_token_hint=None, post_logout_redirect_uri=None, state=state)
    assert not signed_in.is_over

    place = signed_in.visitor.browser.press(asked, "logout-confirm")

    assert place.status == 200
    assert "You are signed out" in place.html
    assert signed_in.is_over


def test_without_an_address_the_person_is_told(signed_in: SignedIn):
    """oidcc-rp-initiated-logout-no-post-logout-redirect-uri"""
    place = signed_in.end_session(post_logout_redirect_uri=None)

    assert place.status == 200
    assert "You are signed out" in place.html
    assert signed_in.is_over


def test_without_a_state_none_comes_back(signed_in: SignedIn):
    """oidcc-rp-initiated-logout-no-state"""
    place = signed_in.end_session(state=None)

    assert place.url == GOODBYE
    assert signed_in.is_over
