"""Whose scripts may call: the origins of redirect URIs, as browsers write them (RFC 6454)."""

import pytest


@pytest.mark.parametrize(
    ("redirect_uri", "origin"),
    [
        ("https://App.Example/cb", "https://app.example"),
        ("https://app.example:443/cb", "https://app.example"),
        ("HTTPS://app.example/cb", "https://app.example"),
        ("https://app.example:8443/cb?x=1", "https://app.example:8443"),
        ("http://localhost:80/cb", "http://localhost"),
        ("https://[2001:DB8:0::1]/cb", "https://[2001:db8::1]"),
    ],
)
def test_a_browser_is_answered_however_its_redirect_uri_is_spelt(
    make_app, make_client, redirect_uri, origin
):
    app, _ = make_app()
    make_client(grant_types=["authorization_code"], redirect_uris=[redirect_uri])

    answer = app.test_client().options("/oauth2/token", headers={"Origin": origin})

    assert answer.headers["Access-Control-Allow-Origin"] == origin


def test_an_app_has_no_origin(make_app, make_client):
    """RFC 8252, section 7.1: a private-use scheme is no web origin, and "null" is none either."""
    app, _ = make_app()
    make_client(
        grant_types=["authorization_code"],
        redirect_uris=["com.example.app:/cb"],
        token_endpoint_auth_method="none",
    )

    for origin in ("null", "com.example.app:", "com.example.app://"):
        answer = app.test_client().options("/oauth2/token", headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in answer.headers
