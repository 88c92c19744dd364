"""Where each endpoint lies, which methods it takes, and whose scripts may call it."""

import orjson

from authserver.http.messages import Endpoint
from authserver.oauth.endpoints.discovery import DiscoveryEndpoint
from authserver.oauth.endpoints.introspection import IntrospectionEndpoint
from authserver.oauth.endpoints.jwks import JwksEndpoint
from authserver.oauth.endpoints.revocation import RevocationEndpoint
from authserver.oauth.endpoints.userinfo import UserinfoEndpoint
from authserver.oauth.metadata import DISCOVERY_PATHS, PATHS, server_metadata
from authserver.oauth.server import AuthorizationServer
from authserver.settings import Settings
from authserver.signing.service import SigningService


def endpoint_table(
    server: AuthorizationServer, signing: SigningService, settings: Settings
) -> dict[str, Endpoint]:
    """The endpoints by path; a dictionary dispatches them (``http.front_door``)."""
    server.register_endpoint(IntrospectionEndpoint)
    server.register_endpoint(RevocationEndpoint)
    document = orjson.dumps(server_metadata(settings.issuer, settings.signing_algorithms))
    discovery = Endpoint(("GET",), DiscoveryEndpoint(document), cors="any")
    return {
        PATHS["token_endpoint"]: Endpoint(("POST",), server.token, cors="registered"),
        PATHS["introspection_endpoint"]: Endpoint(("POST",), server.endpoint("introspection")),
        PATHS["revocation_endpoint"]: Endpoint(
            ("POST",), server.endpoint("revocation"), cors="registered"
        ),
        PATHS["userinfo_endpoint"]: Endpoint(
            ("GET", "POST"), UserinfoEndpoint(server.tokens.authenticator), cors="registered"
        ),
        PATHS["jwks_uri"]: Endpoint(
            ("GET",), JwksEndpoint(signing, settings.jwks_max_age), cors="any"
        ),
        **dict.fromkeys(DISCOVERY_PATHS, discovery),
    }
