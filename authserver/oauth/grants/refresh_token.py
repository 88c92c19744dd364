"""``refresh_token``: a session goes on (RFC 6749, section 6; RFC 9700, section 4.14.2)."""

from authserver.oauth.grants.base import Grant, TokenRequest
from authserver.tokens.authorization import Authorization


class RefreshTokenGrant(Grant):
    """What was granted once is granted again, at most."""

    GRANT_TYPE = "refresh_token"

    def authorize(self, request: TokenRequest) -> Authorization:
        return self.services.tokens.redeem(
            request.client,
            request.form.require("refresh_token"),
            scope=request.scope,
            audience=request.audience,
            allowed_audience=request.allowed_audience,
            actor=request.actor,
        )
