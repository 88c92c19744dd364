"""REST: /api/clients/registration-tokens."""

from typing import Any

from authserver.http.principal import current_actor, require
from authserver.http.rest import Blueprint
from authserver.http.services import service
from authserver.registrations.schemas import NewRegistrationTokenSchema, RegistrationTokenSchema
from authserver.registrations.service import IssuedToken, RegistrationService

blueprint = Blueprint(
    "registrations",
    __name__,
    url_prefix="/api/clients/registration-tokens",
    description="Tokens that let others register clients.",
)


@blueprint.route("", methods=["POST"])
@require("clients:write")
@blueprint.arguments(NewRegistrationTokenSchema)
@blueprint.response(201, RegistrationTokenSchema)
def issue_registration_token(wish: dict[str, Any]) -> tuple[IssuedToken, int, dict[str, str]]:
    """Issue an initial access token for dynamic client registration.

    It is shown this once (RFC 7591, section 3).
    """
    issued = service(RegistrationService).issue_token(current_actor(), **wish)
    return issued, 201, {"Cache-Control": "no-store"}
