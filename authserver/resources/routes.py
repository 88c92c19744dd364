"""REST: /api/resource-servers."""

from typing import Any
from uuid import UUID

from authserver.http.etags import etag, expected_version
from authserver.http.pagination import PageArguments, page
from authserver.http.principal import current_actor, require
from authserver.http.rest import Blueprint
from authserver.http.services import service
from authserver.resources.resource_server import ResourceServerValue
from authserver.resources.schemas import (
    NewResourceServerSchema,
    ResourceServerChangeSchema,
    ResourceServerPageSchema,
    ResourceServerSchema,
)
from authserver.resources.service import ResourceServerService

blueprint = Blueprint(
    "resource_servers",
    __name__,
    url_prefix="/api/resource-servers",
    description="Services that take our access tokens.",
)

Answer = tuple[ResourceServerValue, int, dict[str, str]]


@blueprint.route("", methods=["GET"])
@require("resources:read")
@blueprint.arguments(PageArguments, location="query", as_kwargs=True)
@blueprint.response(200, ResourceServerPageSchema)
def list_resource_servers(limit: int, cursor: UUID | None) -> dict[str, Any]:
    """List resource servers in the order in which they were made."""
    resource_servers = service(ResourceServerService)
    return page(
        lambda size: resource_servers.list(after=cursor, limit=size),
        limit,
        lambda found: found.id,
    )


@blueprint.route("", methods=["POST"])
@require("resources:write")
@blueprint.arguments(NewResourceServerSchema)
@blueprint.response(201, ResourceServerSchema)
def create_resource_server(members: dict[str, Any]) -> Answer:
    """Register a resource server."""
    created = service(ResourceServerService).create(current_actor(), members)
    location = {"Location": f"{blueprint.url_prefix}/{created.id}"}
    return created, 201, etag(created.version) | location


@blueprint.route("/<uuid:resource_server_id>", methods=["GET"])
@require("resources:read")
@blueprint.response(200, ResourceServerSchema)
def get_resource_server(resource_server_id: UUID) -> Answer:
    """Show a resource server."""
    found = service(ResourceServerService).get(resource_server_id)
    return found, 200, etag(found.version)


@blueprint.route("/<uuid:resource_server_id>", methods=["PATCH"])
@require("resources:write")
@blueprint.arguments(ResourceServerChangeSchema)
@blueprint.response(200, ResourceServerSchema)
def update_resource_server(changes: dict[str, Any], resource_server_id: UUID) -> Answer:
    """Change a resource server.

    With If-Match only the version that has this ETag.
    """
    changed = service(ResourceServerService).update(
        current_actor(), resource_server_id, expected_version(), changes
    )
    return changed, 200, etag(changed.version)


@blueprint.route("/<uuid:resource_server_id>", methods=["DELETE"])
@require("resources:write")
@blueprint.response(204)
def delete_resource_server(resource_server_id: UUID) -> None:
    """Delete a resource server."""
    service(ResourceServerService).delete(current_actor(), resource_server_id)
