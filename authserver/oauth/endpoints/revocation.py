"""Token revocation (RFC 7009)."""

from authlib.oauth2.rfc7009 import RevocationEndpoint as AuthlibRevocation

from authserver.oauth.requests import ProtocolRequest
from authserver.oauth.server import AuthorizationServer


class RevocationEndpoint(AuthlibRevocation):  # type: ignore[misc]
    """The answer is 200 whatever the token was (section 2.2); a hint changes nothing."""

    server: AuthorizationServer

    def create_endpoint_response(
        self, request: ProtocolRequest
    ) -> tuple[int, dict[str, object], list[tuple[str, str]]]:
        client = self.server.authenticate(request, self.ENDPOINT_NAME)
        token = request.payload.require("token")
        actor = request.http.actor("client", client.client_id)
        self.server.tokens.revoke(client, token, actor)
        return 200, {}, []
