"""``authorization_code``: what a person agreed to in the browser (RFC 6749, section 4.1.3)."""

import hmac

from authserver.errors import InvalidGrant
from authserver.oauth.grants.base import Grant, TokenRequest
from authserver.oauth.pkce import is_proven
from authserver.tokens.authorization import Authorization


class AuthorizationCodeGrant(Grant):
    """Who redeems must be who asked: the same client, redirect URI and verifier (RFC 7636)."""

    GRANT_TYPE = "authorization_code"

    def authorize(self, request: TokenRequest) -> Authorization:
        text = request.form.require("code")
        code = self.services.codes.open(request.client, text)
        redirect_uri = request.form.get("redirect_uri") or ""
        same_uri = hmac.compare_digest(redirect_uri.encode(), code.redirect_uri.encode())
        if not same_uri or not is_proven(request.form.get("code_verifier"), code.code_challenge):
            self.services.codes.spoil(code, request.actor)
            raise InvalidGrant(detail="another redirect_uri, or not the verifier")
        # What cannot be made must not use the code up.
        self.services.tokens.check_id_token(request.client, code.scope)
        return self.services.codes.redeem(
            request.client,
            code,
            text,
            audience=request.audience,
            allowed_audience=request.allowed_audience,
            actor=request.actor,
        )
