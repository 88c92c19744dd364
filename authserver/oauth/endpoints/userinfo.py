"""UserInfo (OpenID Connect Core 1.0, section 5.3), with bearer tokens by RFC 6750."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from authserver.errors import AppError, InsufficientScope, Invalid, InvalidToken
from authserver.http.messages import HttpRequest, HttpResponse, json_response
from authserver.http.principal import bearer_token
from authserver.oauth.errors import error_response
from authserver.oauth.requests import FORM, parse_form
from authserver.sessions.session import TokenHolder
from authserver.tokens.authenticator import TokenAuthenticator

# What each scope shows (section 5.4).
CLAIMS_BY_SCOPE: dict[str, dict[str, Callable[[TokenHolder], Any]]] = {
    "profile": {
        "name": lambda holder: holder.full_name,
        "updated_at": lambda holder: int(holder.updated_at.timestamp()),
    },
    "email": {
        "email": lambda holder: holder.email,
        "email_verified": lambda holder: holder.email_verified,
    },
}


@dataclass(frozen=True)
class UserinfoEndpoint:
    """GET and POST; the token in the header or in the form, whatever its audience."""

    authenticator: TokenAuthenticator

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            token = _presented_token(request)
            if token is None:
                return error_response(InvalidToken(), request, scheme="Bearer", token_sent=False)
            return json_response(200, self._claims(token))
        except AppError as error:
            return error_response(error, request, scheme="Bearer")

    def _claims(self, token: str) -> dict[str, Any]:
        access = self.authenticator.read(token)
        holder = self.authenticator.holder(access)
        if holder is None or "openid" not in access.scope:
            raise InsufficientScope
        claims = {"sub": str(holder.user_id)}
        for scope in access.scope & CLAIMS_BY_SCOPE.keys():
            found = {name: read(holder) for name, read in CLAIMS_BY_SCOPE[scope].items()}
            claims |= {name: value for name, value in found.items() if value is not None}
        return claims


def _presented_token(request: HttpRequest) -> str | None:
    """The token, sent in one way only (RFC 6750, section 2); None when none was sent."""
    header = request.header("authorization")
    form = request.method == "POST" and request.content_type == FORM
    in_form = parse_form(request).get("access_token") if form else None
    if header is not None and in_form is not None:
        raise Invalid(hint="Send the access token in one place.")
    if in_form is not None:
        return in_form
    return None if header is None else bearer_token(header)
