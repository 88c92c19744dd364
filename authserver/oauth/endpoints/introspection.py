"""Token introspection (RFC 7662)."""

from authlib.oauth2.rfc7662 import IntrospectionEndpoint as AuthlibIntrospection

from authserver.errors import InvalidClient
from authserver.oauth.requests import ProtocolRequest
from authserver.oauth.server import AuthorizationServer


class IntrospectionEndpoint(AuthlibIntrospection):  # type: ignore[misc]
    """A client learns of the tokens that concern it, and of no others (section 4)."""

    server: AuthorizationServer

    def create_endpoint_response(
        self, request: ProtocolRequest
    ) -> tuple[int, dict[str, object], list[tuple[str, str]]]:
        client = self.server.authenticate(request, self.ENDPOINT_NAME)
        if client.is_public:
            # Section 2.1 wants authorization, and a public client has proved nothing.
            raise InvalidClient(detail="a public client may not introspect")
        token = request.payload.require("token")
        return 200, self.server.tokens.introspect(client, token), []
