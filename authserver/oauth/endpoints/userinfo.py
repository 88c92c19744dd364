"""UserInfo (OpenID Connect Core 1.0, section 5.3), with bearer tokens by RFC 6750."""

from dataclasses import dataclass
from typing import Any

from authserver.clients.metadata import Client
from authserver.errors import AppError, InsufficientScope, Invalid, InvalidToken
from authserver.http.messages import NO_STORE, HttpRequest, HttpResponse, json_response
from authserver.http.principal import bearer_token
from authserver.oauth.errors import error_response
from authserver.oauth.requests import FORM, parse_form
from authserver.tokens.authenticator import TokenAuthenticator
from authserver.tokens.client_jwts import ClientJwts, Protection
from authserver.tokens.encryption import JWT
from authserver.tokens.subjects import Subjects
from authserver.tokens.user_claims import claims_for


@dataclass(frozen=True)
class UserinfoEndpoint:
    """GET and POST; the token in the header or in the form, whatever its audience."""

    issuer: str
    authenticator: TokenAuthenticator
    subjects: Subjects
    jwts: ClientJwts

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            token = _presented_token(request)
            if token is None:
                return error_response(InvalidToken(), request, scheme="Bearer", token_sent=False)
            return self._respond(token)
        except AppError as error:
            return error_response(error, request, scheme="Bearer")

    def _respond(self, token: str) -> HttpResponse:
        access = self.authenticator.read(token)
        person = self.authenticator.person(access)
        if person is None or "openid" not in access.scope:
            raise InsufficientScope
        client = self.jwts.clients.find(access.client_id)
        if client is None:
            raise InvalidToken(detail="the client is gone")
        requested = (person.claims or {}).get("userinfo")
        claims = claims_for(person, access.scope, requested)
        return self._written(client, claims | {"sub": self.subjects.of(client, person.user_id)})

    def _written(self, client: Client, claims: dict[str, Any]) -> HttpResponse:
        """JSON, or what the client registered (section 5.3.2)."""
        protection = Protection.of_userinfo(client)
        if protection.signing is None and protection.encryption is None:
            return json_response(200, claims)
        if protection.signing is not None:
            claims |= {"iss": self.issuer, "aud": client.client_id}
        written = self.jwts.make(client, JWT, claims, protection)
        return HttpResponse(200, written.encode(), [("Content-Type", "application/jwt"), *NO_STORE])


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
