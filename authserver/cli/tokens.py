"""``authserver token``: tokens for testing, and what is in a token."""

import base64
import binascii
import dataclasses
import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from authserver.cli.operators import OPERATOR
from authserver.cli.output import RefusedError, output_option, show_record
from authserver.cli.services import open_services
from authserver.cli.subjects import named_user

if TYPE_CHECKING:
    from authserver.clients.metadata import Client
    from authserver.tokens.authorization import Authorization
    from authserver.wiring import Services

_MOMENTS = ("iat", "nbf", "exp", "auth_time")
_MINTED = "operator"


@click.group()
def token() -> None:
    """Mint tokens for testing; look into tokens."""


@token.command()
@click.option("--client-id", required=True, help="The client that it is issued to.")
@click.option("--user", metavar="EMAIL|ID", help="A user who signs in. Default: nobody.")
@click.option("--scope", help="Parted by spaces. Default: all that the client may have.")
@click.option("--audience", multiple=True, help="Default: the client's first; may be repeated.")
@output_option
def mint(
    client_id: str, user: str | None, scope: str | None, audience: tuple[str, ...], output: str
) -> None:
    """Make an access token for testing, in development only.

    It is as real as any other.

    \b
    Example:
      authserver token mint --client-id demo --user admin@example.com --output json
    """
    from authserver.audit.events import Event
    from authserver.audit.service import AuditService
    from authserver.clients.service import ClientService
    from authserver.tokens.service import TokenService

    with open_services() as services:
        if not services.settings.in_development:
            raise RefusedError(
                "not_in_development",
                "Tokens are minted in development only. In production ask the token endpoint.",
            )
        client = services.get(ClientService).get(client_id)
        authorization = _authorization(services, client, user, scope, audience)
        tokens = services.get(TokenService).issue(authorization)
        services.get(AuditService).record_alone(
            Event.TOKEN_MINTED,
            OPERATOR,
            user_id=authorization.session.user_id if authorization.session else None,
            client_id=client_id,
            detail={"scope": sorted(authorization.scope), "audience": authorization.audience},
        )
    show_record(output, tokens.as_response())


@token.command()
@click.argument("token", required=False)
@output_option
def introspect(token: str | None, output: str) -> None:
    """Say whether a token is active (RFC 7662).

    Without an argument it is read from stdin, where other users of the machine do not see it.

    \b
    Example:
      authserver token introspect < token.txt
    """
    text = _token(token)
    with open_services() as services:
        answer = _introspect_any(services, text)
    show_record(output, answer)


@token.command()
@click.argument("token", required=False)
@output_option
def inspect(token: str | None, output: str) -> None:
    """Decode a token, of whatever issuer, WITHOUT verifying anything.

    \b
    Example:
      authserver token inspect < token.txt
    """
    header, claims = _decoded_parts(_token(token))
    if output == "table":
        claims = {name: _readable(name, value) for name, value in claims.items()}
    record = {"header": header, "claims": claims} if output == "json" else header | claims
    show_record(output, record, "Nothing of this has been verified.")


def _authorization(
    services: "Services",
    client: "Client",
    user: str | None,
    scope: str | None,
    audience: tuple[str, ...],
) -> "Authorization":
    from authserver.oauth.resource_indicators import grant_audience, token_audience
    from authserver.oauth.scopes import IDENTITY, grant_scope, parse_scope
    from authserver.tokens.authorization import Authorization

    allowed = client.scope if user else client.scope - IDENTITY
    granted = grant_scope(parse_scope(scope), allowed)
    asked = audience or None
    granted_for = token_audience(
        asked, grant_audience(asked, client, services.settings.api_audience)
    )
    if user is None:
        return Authorization(client, client.client_id, granted, granted_for)
    return _signed_in(services, client, user, granted, granted_for)


def _signed_in(
    services: "Services",
    client: "Client",
    name: str,
    scope: frozenset[str],
    audience: tuple[str, ...],
) -> "Authorization":
    from authserver.sessions.service import SessionService
    from authserver.sessions.session import SignIn
    from authserver.tokens.authorization import Authorization
    from authserver.wiring import Stores

    user = named_user(services, name)
    sign_in = SignIn(
        user_id=user.id,
        credential_generation=user.credential_generation,
        client_id=client.client_id,
        scope=scope,
        audience=audience,
        auth_time=services.get(Stores).clock.now(),
        acr=None,
        amr=(_MINTED,),
    )
    session, handle = services.get(SessionService).begin(sign_in, OPERATOR)
    return Authorization(client, str(user.id), scope, audience, session, handle)


def _introspect_any(services: "Services", text: str) -> dict[str, Any]:
    """What the client would learn that may know most of the token."""
    from authserver.authn.first_party import CLIENT_ID
    from authserver.clients.service import ClientService
    from authserver.tokens.service import TokenService

    clients, tokens = services.get(ClientService), services.get(TokenService)
    operator = dataclasses.replace(clients.get(CLIENT_ID), resource_server=True)
    answer = tokens.introspect(operator, text)
    holder_id = None if answer["active"] else _holder_id(services, text)
    return answer if holder_id is None else tokens.introspect(clients.get(holder_id), text)


def _holder_id(services: "Services", text: str) -> str | None:
    """The client that holds a refresh token, if its session lives; nothing is verified but that."""
    from authserver.ids import parse_id
    from authserver.sessions.service import SessionService
    from authserver.sessions.session import RefreshHandle

    try:
        claims = _decoded_parts(text)[1]
    except RefusedError:
        return None
    match claims:
        case {"sid": str(sid), "gen": int(generation), "sec": str(secret)}:
            session_id = parse_id(sid)
        case _:
            return None
    if session_id is None:
        return None
    handle = RefreshHandle(session_id, generation, secret)
    session = services.get(SessionService).find(handle)
    return session.client_id if session else None


def _token(argument: str | None) -> str:
    text = (argument or sys.stdin.read()).strip()
    if not text:
        raise RefusedError("no_token", "Give a token as an argument or on stdin.")
    return text


def _decoded_parts(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a JWT, unverified."""
    parts = text.split(".")
    if len(parts) != 3:
        raise RefusedError(
            "not_a_token", "This is no JWS in compact form: expected three parts, parted by dots."
        )
    return _decoded(parts[0]), _decoded(parts[1])


def _decoded(part: str) -> dict[str, Any]:
    """One part of a JWS as the object that it is (RFC 7515, section 7.1)."""
    try:
        value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError) as error:
        raise RefusedError(
            "not_a_token", "This is no JWT: expected JSON in base64url in each part."
        ) from error
    if not isinstance(value, dict):
        raise RefusedError("not_a_token", "This is no JWT: expected a JSON object in each part.")
    return value


def _readable(name: str, value: Any) -> Any:
    """Moments as people write them."""
    if name in _MOMENTS and isinstance(value, int | float):
        return f"{value} ({datetime.fromtimestamp(value, UTC).isoformat()})"
    return value
