"""What we support, said once: discovery, registration and the checks all read it."""

from typing import Any

from authserver.authn.single_sign_on import ACR_ONE_FACTOR
from authserver.clients.algorithms import (
    BY_CLIENT_KEY,
    BY_SECRET,
    CONTENT_ENCRYPTION,
    KEY_MANAGEMENT,
    UNSIGNED,
)
from authserver.clients.response_types import supported_response_types
from authserver.oauth.authorization.checks import DISPLAYS, PROMPTS
from authserver.oauth.authorization.response_types import MODES
from authserver.oauth.client_auth.methods import METHODS
from authserver.oauth.pkce import METHOD
from authserver.oauth.server import GRANTS
from authserver.settings import Settings
from authserver.tokens.subjects import TYPES
from authserver.tokens.user_claims import CLAIMS, CLAIMS_BY_SCOPE

PATHS = {
    "authorization_endpoint": "/oauth2/authorize",
    "token_endpoint": "/oauth2/token",
    "introspection_endpoint": "/oauth2/introspect",
    "revocation_endpoint": "/oauth2/revoke",
    "userinfo_endpoint": "/oauth2/userinfo",
    "jwks_uri": "/.well-known/jwks.json",
    "end_session_endpoint": "/oauth2/end_session",
    "check_session_iframe": "/oauth2/check_session",
}
# Advertised only where it is open (``registrations``).
REGISTRATION_PATH = "/oauth2/register"
DISCOVERY_PATHS = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")
# The languages of the pages.
UI_LOCALES = ("en", "de")
SCOPES = ("openid", *CLAIMS_BY_SCOPE, "offline_access")
_SIGN_IN_CLAIMS = ("sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid")
# Back-Channel Logout 1.0, section 2.1; Front-Channel Logout 1.0, section 3.
_LOGOUT = {
    f"{channel}channel_logout_{what}": True
    for channel in ("back", "front")
    for what in ("supported", "session_supported")
}


def server_metadata(settings: Settings) -> dict[str, Any]:
    """The metadata of RFC 8414, section 2 and OpenID Connect Discovery 1.0, section 3.

    Nothing is null, nothing is promised.
    """
    issuer = settings.issuer
    methods = sorted(METHODS)
    confidential = [method for method in methods if method != "none"]
    return {
        "issuer": issuer,
        **{name: issuer + path for name, path in PATHS.items()},
        **_registration(settings),
        "grant_types_supported": list(grant_types(settings.front_channel_response_types)),
        **_authorization(settings.front_channel_response_types),
        "scopes_supported": list(SCOPES),
        **_openid(settings),
        **_LOGOUT,
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_methods_supported": confidential,
        # RFC 8414, section 2: by which algorithms the two methods by JWT are signed.
        **{
            f"{endpoint}_endpoint_auth_signing_alg_values_supported": [*BY_CLIENT_KEY, *BY_SECRET]
            for endpoint in ("token", "revocation", "introspection")
        },
    }


def _registration(settings: Settings) -> dict[str, str]:
    """RFC 7591, where clients may register themselves."""
    if settings.client_registration == "closed":
        return {}
    return {"registration_endpoint": settings.issuer + REGISTRATION_PATH}


def grant_types(front_channel: bool) -> tuple[str, ...]:
    """What clients may be registered for; ``implicit`` has no place at the token endpoint."""
    names = [grant.GRANT_TYPE for grant in GRANTS]
    return tuple(sorted([*names, "implicit"] if front_channel else names))


def _authorization(front_channel: bool) -> dict[str, Any]:
    """What the authorization endpoint answers to (RFC 9207, section 3; RFC 7636, section 6.2)."""
    return {
        "response_types_supported": list(supported_response_types(front_channel)),
        "response_modes_supported": list(MODES),
        "code_challenge_methods_supported": [METHOD],
        "authorization_response_iss_parameter_supported": True,
        "prompt_values_supported": sorted(PROMPTS),
        "display_values_supported": list(DISPLAYS),
        "request_parameter_supported": True,
        "request_uri_parameter_supported": True,
        "require_request_uri_registration": True,
        # Who registered no algorithm may use any of these (OpenID Connect Registration 1.0, 2):
        # "none" is not among them, because it is for those who registered it.
        "request_object_signing_alg_values_supported": [*BY_CLIENT_KEY, *BY_SECRET],
    }


def _openid(settings: Settings) -> dict[str, Any]:
    """What is told of people, and how that is protected."""
    signing = [*settings.signing_algorithms, *BY_SECRET]
    unsigned = [UNSIGNED] if settings.unsigned_id_tokens else []
    encryption = {"alg": list(KEY_MANAGEMENT), "enc": list(CONTENT_ENCRYPTION)}
    return {
        "subject_types_supported": list(TYPES),
        "claim_types_supported": ["normal"],
        "claims_supported": [*_SIGN_IN_CLAIMS, *CLAIMS],
        "claims_parameter_supported": True,
        "acr_values_supported": [ACR_ONE_FACTOR],
        "ui_locales_supported": list(UI_LOCALES),
        "id_token_signing_alg_values_supported": [*signing, *unsigned],
        "userinfo_signing_alg_values_supported": signing,
        **{
            f"{what}_encryption_{part}_values_supported": values
            for what in ("id_token", "userinfo")
            for part, values in encryption.items()
        },
    }
