"""Clients as JSON, by the names of RFC 7591, section 2, and ours.

The schemas know the types and refuse surplus; what the values may be is ``clients.metadata``.
"""

from typing import Any

from marshmallow import Schema, fields, post_dump, validate

from authserver.clients.metadata import Client
from authserver.clients.openid_schemas import (
    Flag,
    OpenIdSchema,
    TranslatedSchema,
    optional,
    optional_strings,
)
from authserver.clients.secrets import DEFAULT_OVERLAP, MAX_OVERLAP, RegisteredClient
from authserver.http.fields import Instant, StrictSchema, Text
from authserver.http.pagination import DEFAULT_LIMIT, MAX_LIMIT


def _flag(description: str) -> Flag:
    return Flag(metadata={"description": description})


def _strings(description: str) -> fields.List[Any]:
    return fields.List(fields.String(), metadata={"description": description})


class ClientChangeSchema(TranslatedSchema, OpenIdSchema, StrictSchema):
    """What may be changed; a member that is left out stays as it is, null removes it.

    What people read may be added in other languages, as `client_name#de`.
    """

    client_name = fields.String(metadata={"description": "What people are shown."})
    grant_types = _strings("Default: authorization_code.")
    response_types = _strings("Default: `code` with authorization_code.")
    redirect_uris = _strings("Absolute, without wildcards; compared letter by letter.")
    scope = fields.String(
        metadata={"description": "The most that the client may ask for, parted by spaces."}
    )
    audience = _strings("Audiences that the client may ask for; the first is the default.")
    token_endpoint_auth_method = fields.String(
        metadata={"description": "How it proves itself; none for a public client."}
    )
    access_token_signing_alg = optional("Algorithm of its access tokens; null: the default.")
    first_party = _flag("Whether it belongs to whoever runs this server.")
    strict = _flag("Whether only the registered method of authentication is accepted.")
    resource_server = _flag("Whether it may introspect tokens for other audiences.")
    client_uri = optional("The client's home page.")
    logo_uri = optional("A picture of the client.")
    policy_uri = optional("How the client uses people's data.")
    tos_uri = optional("The client's terms of service.")
    contacts = optional_strings("Who is responsible for the client.")
    software_id = optional("The software that the client is an instance of.")
    software_version = optional("The version of that software.")


class NewClientSchema(ClientChangeSchema):
    """A client to register."""

    client_id = fields.String(metadata={"description": "Left out: one is made."})
    client_name = fields.String(required=True, metadata={"description": "What people are shown."})


class ClientSchema(TranslatedSchema, OpenIdSchema):
    """A client as registered. Optional members that it does not have are left out."""

    client_id = fields.String(required=True)
    client_name = fields.String(required=True)
    enabled = fields.Boolean(required=True)
    first_party = fields.Boolean(required=True)
    built_in = fields.Boolean(required=True)
    self_registered = fields.Boolean(
        required=True, metadata={"description": "Whether it registered itself (RFC 7591)."}
    )
    strict = fields.Boolean(required=True)
    resource_server = fields.Boolean(required=True)
    token_endpoint_auth_method = fields.String(required=True)
    grant_types = fields.List(fields.String(), required=True)
    response_types = fields.List(fields.String(), required=True)
    redirect_uris = fields.List(fields.String(), required=True)
    scope = fields.String(required=True)
    audience = fields.List(fields.String(), required=True)
    access_token_signing_alg = fields.String()
    client_uri = fields.String()
    logo_uri = fields.String()
    policy_uri = fields.String()
    tos_uri = fields.String()
    contacts = fields.List(fields.String())
    software_id = fields.String()
    software_version = fields.String()
    created_at = Instant(required=True)
    updated_at = Instant(required=True)

    @post_dump
    def leave_out_what_is_absent(self, members: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in members.items() if value is not None}


class CreatedClientSchema(ClientSchema):
    """A client; a new secret is shown this once (RFC 7591, section 3.2.1)."""

    client_secret = fields.String(metadata={"description": "Absent where no secret was made."})
    client_secret_expires_at = fields.Integer(metadata={"description": "0: it does not expire."})


class ClientPageArguments(StrictSchema):
    """What a list by clients takes in its query; the cursor is a client's id."""

    limit = fields.Integer(load_default=DEFAULT_LIMIT, validate=validate.Range(1, MAX_LIMIT))
    cursor = Text(load_default=None)


class ClientPageSchema(Schema):
    """A page of clients."""

    items = fields.List(fields.Nested(ClientSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class RotationSchema(StrictSchema):
    """How a secret is to be rotated."""

    overlap = fields.Integer(
        strict=True,
        load_default=DEFAULT_OVERLAP,
        validate=validate.Range(0, MAX_OVERLAP),
        metadata={"description": "Seconds for which the present secret stays valid."},
    )


class RotatedSecretSchema(Schema):
    """The new secret, shown this once."""

    client_secret = fields.String(required=True, attribute="secret")
    previous_expires_at = Instant(
        required=True,
        allow_none=True,
        metadata={"description": "When the secret before it ends; null: at once."},
    )


def with_secret(registered: RegisteredClient) -> dict[str, Any]:
    """What :class:`CreatedClientSchema` dumps."""
    body = as_json(registered.client)
    if registered.secret is not None:
        body |= {"client_secret": registered.secret, "client_secret_expires_at": 0}
    return body


def as_json(client: Client) -> dict[str, Any]:
    """What :class:`ClientSchema` dumps."""
    return client.registered() | {
        "client_id": client.client_id,
        "enabled": client.enabled,
        "built_in": client.built_in,
        "self_registered": client.self_registered,
        "created_at": client.created_at,
        "updated_at": client.updated_at,
    }
