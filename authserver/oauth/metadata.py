"""What we support, said once: discovery, registration and the checks all read it."""

from collections.abc import Sequence
from typing import Any

from authserver.oauth.client_auth.methods import METHODS
from authserver.oauth.endpoints.userinfo import CLAIMS_BY_SCOPE
from authserver.oauth.server import GRANTS

PATHS = {
    "token_endpoint": "/oauth2/token",
    "introspection_endpoint": "/oauth2/introspect",
    "revocation_endpoint": "/oauth2/revoke",
    "userinfo_endpoint": "/oauth2/userinfo",
    "jwks_uri": "/.well-known/jwks.json",
}
DISCOVERY_PATHS = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server")
SCOPES = ("openid", *CLAIMS_BY_SCOPE, "offline_access")
_ALWAYS_CLAIMS = ("sub", "iss", "aud", "exp", "iat", "auth_time", "acr", "amr", "sid")


def server_metadata(issuer: str, algorithms: Sequence[str]) -> dict[str, Any]:
    """The metadata of RFC 8414, section 2 and OpenID Connect Discovery 1.0, section 3.

    ``algorithms`` are those with signing keys. Nothing is null, nothing is promised.
    """
    methods = sorted(METHODS)
    confidential = [method for method in methods if method != "none"]
    return {
        "issuer": issuer,
        **{name: issuer + path for name, path in PATHS.items()},
        "grant_types_supported": sorted(grant.GRANT_TYPE for grant in GRANTS),
        "response_types_supported": [],
        "scopes_supported": list(SCOPES),
        "claims_supported": [*_ALWAYS_CLAIMS, *_profile_claims()],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": list(algorithms),
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_methods_supported": confidential,
    }


def _profile_claims() -> list[str]:
    return [name for claims in CLAIMS_BY_SCOPE.values() for name in claims]
