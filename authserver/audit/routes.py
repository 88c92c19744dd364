"""REST: /api/audit."""

from typing import Any
from uuid import UUID

from authserver.audit.schemas import AuditPageArguments, AuditPageSchema
from authserver.audit.search import Search
from authserver.audit.service import AuditService
from authserver.http.pagination import page
from authserver.http.principal import require
from authserver.http.rest import Blueprint
from authserver.http.services import service

blueprint = Blueprint(
    "audit", __name__, url_prefix="/api/audit", description="The record of what happened."
)


@blueprint.route("", methods=["GET"])
@require("audit:read")
@blueprint.arguments(AuditPageArguments, location="query", as_kwargs=True)
@blueprint.response(200, AuditPageSchema)
def list_audit_events(limit: int, cursor: UUID | None, **wanted: Any) -> dict[str, Any]:
    """List audit events, the newest first."""
    audit, search = service(AuditService), Search(**wanted)
    return page(
        lambda size: audit.list(search, before=cursor, limit=size),
        limit,
        lambda found: found.id,
    )
