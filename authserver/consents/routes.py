"""``/api/users/:id/consents``: what one has allowed clients, and taking it back."""

from typing import Any
from uuid import UUID

from authserver.clients.schemas import ClientPageArguments
from authserver.consents.schemas import ConsentPageSchema
from authserver.consents.service import ConsentService
from authserver.http.pagination import page
from authserver.http.principal import current_actor, require_self_or
from authserver.http.rest import Blueprint
from authserver.http.services import service
from authserver.roles.permissions import SESSIONS_READ, SESSIONS_WRITE

blueprint = Blueprint(
    "consents",
    __name__,
    url_prefix="/api/users/<uuid:user_id>/consents",
    description="What somebody has allowed clients to do on their behalf.",
)


@blueprint.route("", methods=["GET"])
@require_self_or(SESSIONS_READ)
@blueprint.arguments(ClientPageArguments, location="query")
@blueprint.response(200, ConsentPageSchema)
def list_consents(query: dict[str, Any], user_id: UUID) -> dict[str, Any]:
    """List what a user has granted, by the ids of clients."""
    consents = service(ConsentService)
    return page(
        lambda limit: consents.list(user_id, query["cursor"], limit),
        query["limit"],
        lambda consent: consent.client_id,
    )


@blueprint.route("/<client_id>", methods=["DELETE"])
@require_self_or(SESSIONS_WRITE)
@blueprint.response(204)
def withdraw_consent(user_id: UUID, client_id: str) -> None:
    """Take back what a user has granted to a client. All its sessions of the user end."""
    service(ConsentService).withdraw(user_id, client_id, current_actor())
