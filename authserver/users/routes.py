"""The REST API of users."""

from typing import Any
from uuid import UUID

from authserver.http.etags import etag, expected_version
from authserver.http.pagination import page
from authserver.http.principal import current_actor, current_principal, require, require_self_or
from authserver.http.rest import Blueprint
from authserver.http.services import service
from authserver.roles.permissions import ROLES_ASSIGN, USERS_READ, USERS_WRITE
from authserver.users.changes import concerns_proof
from authserver.users.schemas import (
    NewUserSchema,
    UserArguments,
    UserChangesSchema,
    UserSchema,
    UsersSchema,
)
from authserver.users.service import UserService
from authserver.users.user import Profile, UserChanges

blueprint = Blueprint(
    "users", __name__, url_prefix="/api/users", description="People who can sign in."
)


@blueprint.route("", methods=["GET"])
@require(USERS_READ)
@blueprint.arguments(UserArguments, location="query")
@blueprint.response(200, UsersSchema)
def list_users(arguments: dict[str, Any]) -> dict[str, Any]:
    """List users, a page at a time: all, or those whose address begins with `search`."""
    users = service(UserService)
    return page(
        lambda limit: users.list(arguments["search"], arguments["cursor"], limit),
        arguments["limit"],
        lambda profile: profile.id,
    )


@blueprint.route("", methods=["POST"])
@require(USERS_WRITE)
@blueprint.arguments(NewUserSchema)
@blueprint.response(201, UserSchema)
def create_user(new: dict[str, Any]) -> tuple[Profile, dict[str, str]]:
    """Make an account for somebody."""
    principal = current_principal()
    role_names = new.pop("roles")
    if role_names is not None:
        principal.demand(ROLES_ASSIGN)
    users = service(UserService)
    user = users.create(
        current_actor(), principal.effective_permissions, role_names=role_names or (), **new
    )
    profile = users.profile_now(user.id)
    return profile, {"Location": f"/api/users/{user.id}", **etag(profile.version)}


@blueprint.route("/<uuid:user_id>", methods=["GET"])
@require_self_or(USERS_READ)
@blueprint.response(200, UserSchema)
def get_user(user_id: UUID) -> tuple[Profile, dict[str, str]]:
    """Fetch one user."""
    profile = service(UserService).profile(user_id)
    return profile, etag(profile.version)


@blueprint.route("/<uuid:user_id>", methods=["PUT"])
@require_self_or(USERS_WRITE)
@blueprint.arguments(UserChangesSchema)
@blueprint.response(200, UserSchema)
def update_user(changes: UserChanges, user_id: UUID) -> tuple[Profile, dict[str, str]]:
    """Change a user. With If-Match: only if nobody else has changed them meanwhile."""
    principal = current_principal()
    if concerns_proof(changes):
        principal.demand(USERS_WRITE)
    users = service(UserService)
    users.update(
        current_actor(), principal.effective_permissions, user_id, expected_version(), changes
    )
    profile = users.profile_now(user_id)
    return profile, etag(profile.version)


@blueprint.route("/<uuid:user_id>", methods=["DELETE"])
@require_self_or(USERS_WRITE)
@blueprint.response(204)
def delete_user(user_id: UUID) -> None:
    """Remove a user with everything that is theirs."""
    holder = current_principal().effective_permissions
    service(UserService).delete(current_actor(), holder, user_id)


@blueprint.route("/<uuid:user_id>/enable", methods=["POST"])
@require(USERS_WRITE)
@blueprint.response(204)
def enable_user(user_id: UUID) -> None:
    """Let a user sign in again."""
    holder = current_principal().effective_permissions
    service(UserService).enable(current_actor(), holder, user_id)


@blueprint.route("/<uuid:user_id>/disable", methods=["POST"])
@require(USERS_WRITE)
@blueprint.response(204)
def disable_user(user_id: UUID) -> None:
    """Shut a user out at once, from every session."""
    holder = current_principal().effective_permissions
    service(UserService).disable(current_actor(), holder, user_id)
