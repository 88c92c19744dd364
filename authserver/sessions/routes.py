"""``/api/users/:id/sessions``: see where one is signed in, and sign out there."""

from typing import Any
from uuid import UUID

from authserver.http.pagination import PageArguments, page
from authserver.http.principal import current_actor, require_self_or
from authserver.http.rest import Blueprint
from authserver.http.services import service
from authserver.sessions.schemas import SessionPageSchema
from authserver.sessions.service import SessionService

READ = "sessions:read"
WRITE = "sessions:write"

blueprint = Blueprint(
    "sessions",
    __name__,
    url_prefix="/api/users/<uuid:user_id>/sessions",
    description="Where somebody is signed in.",
)


@blueprint.route("", methods=["GET"])
@require_self_or(READ)
@blueprint.arguments(PageArguments, location="query")
@blueprint.response(200, SessionPageSchema)
def list_sessions(query: dict[str, Any], user_id: UUID) -> dict[str, Any]:
    """List the living sessions of a user, the youngest first."""
    sessions = service(SessionService)
    return page(
        lambda limit: sessions.list_of_user(user_id, query["cursor"], limit),
        query["limit"],
        lambda session: session.id,
    )


@blueprint.route("/<uuid:session_id>", methods=["DELETE"])
@require_self_or(WRITE)
@blueprint.response(204)
def end_session(user_id: UUID, session_id: UUID) -> None:
    """End one session of a user."""
    service(SessionService).end_of_user(user_id, session_id, current_actor())
