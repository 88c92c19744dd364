"""``/api/users/:id/browser-sessions``: see in which browsers one is signed in."""

from typing import Any
from uuid import UUID

from authserver.browser_sessions.schemas import BrowserSessionPageSchema
from authserver.browser_sessions.service import BrowserSessionService
from authserver.http.pagination import PageArguments, page
from authserver.http.principal import require_self_or
from authserver.http.rest import Blueprint
from authserver.http.services import service
from authserver.roles.permissions import SESSIONS_READ

blueprint = Blueprint(
    "browser_sessions",
    __name__,
    url_prefix="/api/users/<uuid:user_id>/browser-sessions",
    description="The browsers in which somebody is signed in.",
)


@blueprint.route("", methods=["GET"])
@require_self_or(SESSIONS_READ)
@blueprint.arguments(PageArguments, location="query")
@blueprint.response(200, BrowserSessionPageSchema)
def list_browser_sessions(query: dict[str, Any], user_id: UUID) -> dict[str, Any]:
    """List the browsers in which a user is signed in, the youngest first."""
    browser_sessions = service(BrowserSessionService)
    return page(
        lambda limit: browser_sessions.list_of_user(user_id, query["cursor"], limit),
        query["limit"],
        lambda session: session.id,
    )
