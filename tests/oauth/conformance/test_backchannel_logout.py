"""The plan Back-Channel Logout."""

import secrets
from urllib.parse import urlencode

import jwt
import pytest

from tests.support.conformance import REDIRECT_URI, Party, Visitor
from tests.support.id_tokens import IdTokenVerifier
from tests.support.provider import Provider
from tests.support.shelf import Shelf

GOODBYE = "https://suite.example.com/test/post_logout_redirect"
EVENT = "http://schemas.openid.net/event/backchannel-logout"


@pytest.mark.parametrize("kind", ["code", "id_token", "code id_token token"])
def test_a_client_is_told_by_a_signed_logout_token(
    provider: Provider, newcomer: Visitor, shelf: Shelf, kind: str
):
    """oidcc-backchannel-rp-initiated-logout"""
    path = f"/{secrets.token_hex(6)}/backchannel_logout"
    grants = ["implicit"] if kind != "code" else []
    grants += ["authorization_code"] if "code" in kind else []
    client = provider.make_client(
        REDIRECT_URI,
        grant_types=grants,
        response_types=[kind],
        pkce="optional",
        post_logout_redirect_uris=[GOODBYE],
        backchannel_logout_uri=shelf.base + path,
        backchannel_logout_session_required=True,
    )
    party = Party(provider, client, kind)
    outcome = party.complete(newcomer.browser, newcomer.user)
    asked = {
        "id_token_hint": outcome.id_token,
        "post_logout_redirect_uri": GOODBYE,
        "state": "the-state",
    }

    place = newcomer.browser.go(f"{provider.issuer}/oauth2/end_session?{urlencode(asked)}")
    provider.do_jobs()

    assert place.url == f"{GOODBYE}?state=the-state"
    [form] = [form for told, form in shelf.posted if told == path]
    assert form.keys() == {"logout_token"}
    token = form["logout_token"]
    verifier = IdTokenVerifier(provider.server.client(), provider.issuer, client.client_id)
    claims = verifier.claims(token)
    assert jwt.get_unverified_header(token)["typ"] == "logout+jwt"
    assert claims["events"] == {EVENT: {}}
    assert (claims["sub"], claims["sid"]) == (outcome.claims["sub"], outcome.claims["sid"])
    assert "nonce" not in claims
    assert "jti" in claims
    assert party.silently(newcomer.browser, prompt="none").error == "login_required"
