"""``/api/auth/*`` and the change of one's password."""

from typing import Any
from uuid import UUID

from authserver.authn.first_party import FirstPartyFacade
from authserver.authn.schemas import (
    LoginSchema,
    PasswordChangeSchema,
    RefreshSchema,
    RegisteredSchema,
    RegistrationSchema,
    TokensSchema,
)
from authserver.authn.service import AuthnService
from authserver.authn.sign_out import SignOutService
from authserver.errors import InvalidToken
from authserver.http.messages import NO_STORE
from authserver.http.principal import (
    authenticated,
    current_actor,
    current_principal,
    own_account,
    public,
    require_self_or,
)
from authserver.http.rest import Blueprint
from authserver.http.services import service
from authserver.http.throttle import throttled_registration
from authserver.roles.permissions import SESSIONS_WRITE
from authserver.sessions.service import SessionService
from authserver.tokens.authorization import TokenSet
from authserver.users.models import User

blueprint = Blueprint(
    "auth", __name__, url_prefix="/api", description="Registering, signing in and out."
)
Headers = dict[str, str]


@blueprint.route("/auth/register", methods=["POST"])
@public
@throttled_registration
@blueprint.arguments(RegistrationSchema)
@blueprint.response(201, RegisteredSchema)
def register(body: dict[str, Any]) -> User:
    """Create an account."""
    return service(AuthnService).register(actor=current_actor(), **body)


@blueprint.route("/auth/login", methods=["POST"])
@public
@blueprint.arguments(LoginSchema)
@blueprint.response(200, TokensSchema)
def login(body: dict[str, str]) -> tuple[dict[str, Any], int, Headers]:
    """Sign in with address and password."""
    tokens = service(FirstPartyFacade).login(body["email"], body["password"], current_actor())
    return _answer(tokens)


@blueprint.route("/auth/refresh", methods=["POST"])
@public
@blueprint.arguments(RefreshSchema)
@blueprint.response(200, TokensSchema)
def refresh(body: dict[str, str]) -> tuple[dict[str, Any], int, Headers]:
    """Exchange a refresh token for new tokens. Each may be used once."""
    tokens = service(FirstPartyFacade).refresh(body["refreshToken"], current_actor())
    return _answer(tokens)


@blueprint.route("/auth/logout", methods=["POST"])
@authenticated
@blueprint.response(204)
def logout() -> None:
    """End the session of this access token."""
    principal = current_principal()
    if principal.session_id is None:
        raise InvalidToken(detail="a client that acts for itself has no session")
    service(SessionService).end(principal.session_id, "logout", current_actor())


@blueprint.route("/auth/logout-all", methods=["POST"])
@own_account
@blueprint.response(204)
def logout_all() -> None:
    """End all sessions of the person who calls, and sign them out of all browsers."""
    user_id = current_principal().user_id
    if user_id is not None:
        service(SignOutService).sign_out_everywhere(user_id, "logout_all", current_actor())


@blueprint.route("/users/<uuid:user_id>/sessions", methods=["DELETE"])
@require_self_or(SESSIONS_WRITE)
@blueprint.response(204)
def end_sessions(user_id: UUID) -> None:
    """End all sessions of a user, and sign them out of all browsers."""
    service(SignOutService).sign_out_everywhere(user_id, "ended", current_actor())


@blueprint.route("/users/<uuid:user_id>/browser-sessions/<uuid:session_id>", methods=["DELETE"])
@require_self_or(SESSIONS_WRITE)
@blueprint.response(204)
def end_browser_session(user_id: UUID, session_id: UUID) -> None:
    """Sign a user out of one browser, and of what they are signed in to there.

    Sessions with `offline_access` live on.
    """
    service(SignOutService).sign_out_of_browser(user_id, session_id, current_actor())


@blueprint.route("/users/<uuid:user_id>/password", methods=["PUT"])
@own_account
@blueprint.arguments(PasswordChangeSchema)
@blueprint.response(204)
def change_password(body: dict[str, str], user_id: UUID) -> None:
    """Change one's own password. All other sessions end."""
    service(AuthnService).change_password(
        user_id,
        body["current_password"],
        body["new_password"],
        current_principal().session_id,
        current_actor(),
    )


def _answer(tokens: TokenSet) -> tuple[dict[str, Any], int, Headers]:
    members = {
        "accessToken": tokens.access_token,
        "refreshToken": tokens.refresh_token,
        "tokenType": tokens.token_type,
        "expiresIn": tokens.expires_in,
    }
    return members, 200, dict(NO_STORE)
