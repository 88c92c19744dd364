"""The plan Front-Channel Logout, in Chromium: a form browser loads no frames."""

import secrets
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import chromium, open_browser, page  # noqa: F401 - fixtures
from tests.support.browser import Place
from tests.support.conformance import Party, Visitor
from tests.support.people import allow, sign_in
from tests.support.provider import Provider
from tests.support.shelf import Shelf

HTML = "text/html"


@pytest.mark.parametrize("kind", ["code", "id_token token"])
def test_a_client_is_told_in_a_frame(
    provider: Provider,
    newcomer: Visitor,
    shelf: Shelf,
    page: Page,  # noqa: F811
    kind: str,
):
    """oidcc-frontchannel-rp-initiated-logout"""
    name = secrets.token_hex(6)
    callback, notice, goodbye = (
        shelf.put(f"/{name}/{what}", "<!doctype html><title>The suite</title>", HTML)
        for what in ("callback", "frontchannel_logout", "goodbye")
    )
    client = provider.make_client(
        callback,
        grant_types=["authorization_code"] if kind == "code" else ["implicit"],
        response_types=[kind],
        pkce="optional",
        post_logout_redirect_uris=[goodbye],
        frontchannel_logout_uri=notice,
        frontchannel_logout_session_required=True,
    )
    party = Party(provider, client, kind, redirect_uri=callback)
    sent = party.parameters()
    page.goto(party.address(sent))
    sign_in(page, newcomer.user)
    allow(page)
    page.wait_for_url(f"{callback}*")
    outcome = party.outcome(sent, Place(page.url))
    asked = {"post_logout_redirect_uri": goodbye, "state": "the-state"}
    asked |= {"id_token_hint": outcome.id_token}

    page.goto(f"{provider.issuer}/oauth2/end_session?{urlencode(asked)}")

    page.wait_for_url(f"{goodbye}?state=the-state")
    [told] = [path for path in shelf.asked if path.startswith(f"/{name}/frontchannel_logout")]
    expected = {"iss": [provider.issuer], "sid": [outcome.claims["sid"]]}
    assert parse_qs(urlsplit(told).query) == expected
    page.goto(party.address(party.parameters(prompt="none")))
    assert "error=login_required" in page.url
