"""``client_credentials``: a client acts for itself (RFC 6749, section 4.4)."""

from authserver.errors import UnauthorizedClient
from authserver.oauth.grants.base import Grant, TokenRequest
from authserver.oauth.scopes import IDENTITY, grant_scope
from authserver.tokens.authorization import Authorization


class ClientCredentialsGrant(Grant):
    """No person, so no session, no roles and no refresh token (section 4.4.3)."""

    GRANT_TYPE = "client_credentials"

    def authorize(self, request: TokenRequest) -> Authorization:
        client = request.client
        if client.is_public:
            raise UnauthorizedClient
        return Authorization(
            client=client,
            subject=client.client_id,
            scope=grant_scope(request.scope, client.scope - IDENTITY),
            audience=request.allowed_audience,
        )
