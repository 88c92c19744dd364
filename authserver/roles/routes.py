"""The REST API of roles, and of who has which."""

from typing import Any
from uuid import UUID

from authserver.http.etags import etag, expected_version
from authserver.http.principal import (
    authenticated,
    current_actor,
    current_principal,
    require,
    require_self_or,
)
from authserver.http.rest import Blueprint
from authserver.http.services import service
from authserver.roles.changes import RoleChanges
from authserver.roles.models import Role
from authserver.roles.permissions import ROLES_ASSIGN, ROLES_WRITE, USERS_READ
from authserver.roles.schemas import (
    AssignmentSchema,
    NewRoleSchema,
    RoleChangesSchema,
    RoleSchema,
    RolesSchema,
)
from authserver.roles.service import RoleService

blueprint = Blueprint(
    "roles", __name__, url_prefix="/api/roles", description="Roles and what they allow."
)
assignments = Blueprint(
    "assignments", __name__, url_prefix="/api/users", description="Who has which role."
)


@blueprint.route("", methods=["GET"])
@authenticated
@blueprint.response(200, RolesSchema)
def list_roles() -> dict[str, Any]:
    """List all roles."""
    return {"items": service(RoleService).list(), "next_cursor": None}


@blueprint.route("", methods=["POST"])
@require(ROLES_WRITE)
@blueprint.arguments(NewRoleSchema)
@blueprint.response(201, RoleSchema)
def create_role(new: dict[str, Any]) -> tuple[Role, dict[str, str]]:
    """Make a role, with permissions that the caller holds."""
    holder = current_principal().effective_permissions
    role = service(RoleService).create(current_actor(), holder, **new)
    return role, {"Location": f"/api/roles/{role.id}", **etag(role.version)}


@blueprint.route("/<uuid:role_id>", methods=["GET"])
@authenticated
@blueprint.response(200, RoleSchema)
def get_role(role_id: UUID) -> tuple[Role, dict[str, str]]:
    """Fetch one role."""
    role = service(RoleService).get(role_id)
    return role, etag(role.version)


@blueprint.route("/<uuid:role_id>", methods=["PUT"])
@require(ROLES_WRITE)
@blueprint.arguments(RoleChangesSchema)
@blueprint.response(200, RoleSchema)
def update_role(changes: RoleChanges, role_id: UUID) -> tuple[Role, dict[str, str]]:
    """Change a role. With If-Match: only if nobody else has changed it meanwhile."""
    holder = current_principal().effective_permissions
    role = service(RoleService).update(
        current_actor(), holder, role_id, expected_version(), changes
    )
    return role, etag(role.version)


@blueprint.route("/<uuid:role_id>", methods=["DELETE"])
@require(ROLES_WRITE)
@blueprint.response(204)
def delete_role(role_id: UUID) -> None:
    """Take a role from everybody and remove it."""
    holder = current_principal().effective_permissions
    service(RoleService).delete(current_actor(), holder, role_id)


@assignments.route("/<uuid:user_id>/roles", methods=["GET"])
@require_self_or(USERS_READ)
@assignments.response(200, RolesSchema)
def list_user_roles(user_id: UUID) -> dict[str, Any]:
    """List the roles of a user."""
    return {"items": service(RoleService).roles_of(user_id), "next_cursor": None}


@assignments.route("/<uuid:user_id>/roles", methods=["POST"])
@require(ROLES_ASSIGN)
@assignments.arguments(AssignmentSchema)
@assignments.response(200, RolesSchema)
def assign_role(assignment: dict[str, UUID], user_id: UUID) -> dict[str, Any]:
    """Give a role to a user. Tokens carry it from their next refresh on."""
    holder = current_principal().effective_permissions
    roles = service(RoleService)
    roles.assign(current_actor(), holder, user_id, assignment["role_id"])
    return {"items": roles.roles_of(user_id), "next_cursor": None}


@assignments.route("/<uuid:user_id>/roles/<uuid:role_id>", methods=["DELETE"])
@require(ROLES_ASSIGN)
@assignments.response(204)
def unassign_role(user_id: UUID, role_id: UUID) -> None:
    """Take a role from a user."""
    holder = current_principal().effective_permissions
    service(RoleService).unassign(current_actor(), holder, user_id, role_id)
