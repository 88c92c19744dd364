"""``password``: a client that a person trusts with it (RFC 6749, section 4.3).

RFC 9700, section 2.4 forbids it. It is here for clients that an administrator registered for it,
and passes the same gate as every other sign-in.
"""

from authserver.oauth.grants.base import Grant, TokenRequest
from authserver.oauth.scopes import grant_scope
from authserver.tokens.authorization import Authorization


class PasswordGrant(Grant):
    """A sign-in without a page."""

    GRANT_TYPE = "password"

    def authorize(self, request: TokenRequest) -> Authorization:
        return self.services.authn.sign_in(
            request.form.require("username"),
            request.form.require("password"),
            client=request.client,
            scope=grant_scope(request.scope, request.client.scope),
            audience=request.allowed_audience,
            actor=request.actor,
        )
