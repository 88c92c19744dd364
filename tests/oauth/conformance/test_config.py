"""The plan Config, and what the plans for logout want of the same document."""

import re
from typing import Any

import pytest

from tests.oauth.conformance.conftest import RESPONSE_TYPES
from tests.support.provider import SETTINGS, Provider

ISSUER = "https://id.example.com"
LOGOUT = (
    "frontchannel_logout_supported",
    "frontchannel_logout_session_supported",
    "backchannel_logout_supported",
    "backchannel_logout_session_supported",
)
_SCOPE = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]+")


@pytest.fixture
def metadata(make_app) -> dict[str, Any]:
    """Discovery of an installation with https."""
    app, _ = make_app(issuer=ISSUER, **SETTINGS)
    answer = app.test_client().get("/.well-known/openid-configuration")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    return dict(answer.json)


def test_discovery_names_the_issuer_that_was_asked(metadata: dict[str, Any]):
    """oidcc-discovery-endpoint-verification"""
    assert metadata["issuer"] == ISSUER


def test_all_endpoints_are_https(metadata: dict[str, Any]):
    """oidcc-discovery-endpoint-verification"""
    endpoints = {
        value
        for name, value in metadata.items()
        if name.endswith(("_endpoint", "_uri", "_iframe")) and isinstance(value, str)
    }

    assert {f"{ISSUER}/oauth2/authorize", f"{ISSUER}/oauth2/token"} < endpoints
    assert all(endpoint.startswith(f"{ISSUER}/") for endpoint in endpoints)


def test_discovery_has_what_everybody_must_have(metadata: dict[str, Any]):
    """oidcc-discovery-endpoint-verification: OpenID Connect Discovery 1.0, section 3"""
    assert set(RESPONSE_TYPES) <= set(metadata["response_types_supported"])
    assert {"authorization_code", "implicit"} <= set(metadata["grant_types_supported"])
    assert "RS256" in metadata["id_token_signing_alg_values_supported"]
    assert "RS256" in metadata["userinfo_signing_alg_values_supported"]
    assert {"public", "pairwise"} == set(metadata["subject_types_supported"])
    assert "openid" in metadata["scopes_supported"]
    assert {"sub", "name", "email"} <= set(metadata["claims_supported"])
    assert metadata["code_challenge_methods_supported"] == ["S256"]


@pytest.mark.parametrize(
    "member", ["request_parameter_supported", "request_uri_parameter_supported"]
)
def test_discovery_tells_that_request_objects_are_understood(metadata: dict[str, Any], member: str):
    """oidcc-discovery-endpoint-verification"""
    assert metadata[member] is True
    assert "RS256" in metadata["request_object_signing_alg_values_supported"]


def test_unsigned_request_objects_are_not_offered_to_everybody(metadata: dict[str, Any]):
    """oidcc-request-uri-unsigned and its like are run where "none" is listed, with clients that
    registered no algorithm; they are skipped otherwise."""
    assert "none" not in metadata["request_object_signing_alg_values_supported"]


def test_what_discovery_lists_is_well_formed(metadata: dict[str, Any]):
    """oidcc-discovery-endpoint-verification: RFC 6749, section 3.3; RFC 5646"""
    assert all(_SCOPE.fullmatch(scope) for scope in metadata["scopes_supported"])
    assert metadata["ui_locales_supported"] == ["en", "de"]
    assert metadata["claims_parameter_supported"] is True
    assert None not in metadata.values()


def test_published_keys_are_public_and_have_names(provider: Provider):
    """oidcc-discovery-endpoint-verification: no private and no symmetric key"""
    keys = provider.server.client().get("/.well-known/jwks.json").json["keys"]

    names = [key["kid"] for key in keys]
    assert len(names) == len(set(names)) >= 2
    assert {key["kty"] for key in keys} <= {"RSA", "EC", "OKP"}
    assert not any({"d", "p", "q", "k"} & key.keys() for key in keys)


def test_discovery_names_where_people_sign_out(metadata: dict[str, Any]):
    """oidcc-rp-initiated-logout-discovery-endpoint-verification"""
    assert metadata["end_session_endpoint"] == f"{ISSUER}/oauth2/end_session"


@pytest.mark.parametrize("member", LOGOUT)
def test_discovery_tells_that_clients_are_told(metadata: dict[str, Any], member: str):
    """oidcc-frontchannel-logout-discovery-endpoint-verification,
    oidcc-backchannel-logout-discovery-endpoint-verification"""
    assert metadata[member] is True


def test_discovery_names_the_frame_that_watches(metadata: dict[str, Any]):
    """oidcc-session-management-discovery-endpoint-verification"""
    assert metadata["check_session_iframe"] == f"{ISSUER}/oauth2/check_session"
