"""REST: /api/clients."""

from typing import Any

from authserver.clients.metadata import Client
from authserver.clients.schemas import (
    ClientChangeSchema,
    ClientPageArguments,
    ClientPageSchema,
    ClientSchema,
    CreatedClientSchema,
    NewClientSchema,
    RotatedSecretSchema,
    RotationSchema,
    as_json,
    with_secret,
)
from authserver.clients.secrets import RotatedSecret
from authserver.clients.service import ClientService
from authserver.http.etags import etag, expected_version
from authserver.http.pagination import page
from authserver.http.principal import current_actor, current_principal, require
from authserver.http.rest import Blueprint
from authserver.http.services import service

blueprint = Blueprint(
    "clients", __name__, url_prefix="/api/clients", description="Registered OAuth clients."
)

NO_STORE = {"Cache-Control": "no-store"}
Answer = tuple[dict[str, Any], int, dict[str, str]]


@blueprint.route("", methods=["GET"])
@require("clients:read")
@blueprint.arguments(ClientPageArguments, location="query", as_kwargs=True)
@blueprint.response(200, ClientPageSchema)
def list_clients(limit: int, cursor: str | None) -> dict[str, Any]:
    """List clients by their ids."""
    clients = service(ClientService)
    found = page(
        lambda size: clients.list(after=cursor, limit=size), limit, lambda client: client.client_id
    )
    return found | {"items": [as_json(client) for client in found["items"]]}


@blueprint.route("", methods=["POST"])
@require("clients:write")
@blueprint.arguments(NewClientSchema)
@blueprint.response(201, CreatedClientSchema)
def create_client(members: dict[str, Any]) -> Answer:
    """Register a client.

    Its secret is shown this once. Nobody can register a client with more permissions in its
    scope than they have.
    """
    client_id = members.pop("client_id", None)
    created = service(ClientService).create(current_actor(), members, client_id, holder=_holder())
    location = {"Location": f"{blueprint.url_prefix}/{created.client.client_id}"}
    return with_secret(created), 201, etag(created.client.version) | NO_STORE | location


@blueprint.route("/<client_id>", methods=["GET"])
@require("clients:read")
@blueprint.response(200, ClientSchema)
def get_client(client_id: str) -> Answer:
    """Show a client."""
    return _answer(service(ClientService).get(client_id))


@blueprint.route("/<client_id>", methods=["PATCH"])
@require("clients:write")
@blueprint.arguments(ClientChangeSchema)
@blueprint.response(200, CreatedClientSchema)
def update_client(changes: dict[str, Any], client_id: str) -> Answer:
    """Change a client.

    With If-Match only the version that has this ETag. A client that becomes public loses its
    secrets; one that needs a secret that it has not is given one, shown this once.
    """
    changed = service(ClientService).update(
        current_actor(), client_id, expected_version(), changes, holder=_holder()
    )
    return with_secret(changed), 200, etag(changed.client.version) | NO_STORE


@blueprint.route("/<client_id>", methods=["DELETE"])
@require("clients:write")
@blueprint.response(204)
def delete_client(client_id: str) -> None:
    """Delete a client.

    Its sessions end with it.
    """
    service(ClientService).delete(current_actor(), client_id)


@blueprint.route("/<client_id>/secret", methods=["POST"])
@require("clients:write")
@blueprint.arguments(RotationSchema)
@blueprint.response(200, RotatedSecretSchema)
def rotate_client_secret(
    rotation: dict[str, int], client_id: str
) -> tuple[RotatedSecret, int, dict[str, str]]:
    """Make a new secret for a client.

    It is shown this once. The present one stays valid for `overlap` seconds, older ones end.
    """
    rotated = service(ClientService).rotate_secret(
        current_actor(), client_id, rotation["overlap"], holder=_holder()
    )
    return rotated, 200, NO_STORE


@blueprint.route("/<client_id>/enable", methods=["POST"])
@require("clients:write")
@blueprint.response(200, ClientSchema)
def enable_client(client_id: str) -> Answer:
    """Let a client work again."""
    return _answer(service(ClientService).enable(current_actor(), client_id, holder=_holder()))


@blueprint.route("/<client_id>/disable", methods=["POST"])
@require("clients:write")
@blueprint.response(200, ClientSchema)
def disable_client(client_id: str) -> Answer:
    """Refuse a client everywhere.

    Its tokens are inactive at once; enabled again, its sessions go on.
    """
    return _answer(service(ClientService).disable(current_actor(), client_id))


def _answer(client: Client) -> Answer:
    return as_json(client), 200, etag(client.version)


def _holder() -> frozenset[str]:
    """What the caller may do, and therefore give to a client."""
    return current_principal().effective_permissions
