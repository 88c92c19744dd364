"""Resource servers as JSON.

The schemas know the types and refuse surplus; what the values may be is
``resources.resource_server``.
"""

from marshmallow import Schema, fields

from authserver.http.fields import Instant, StrictSchema


class ResourceServerChangeSchema(StrictSchema):
    """What may be changed; a member that is left out stays as it is."""

    name = fields.String(metadata={"description": "What people are shown."})
    signing_alg = fields.String(
        allow_none=True,
        metadata={"description": "Algorithm of its access tokens; null: the client's, or default."},
    )
    access_token_ttl = fields.Integer(
        strict=True,
        allow_none=True,
        metadata={"description": "Life of its access tokens in seconds; null: the default."},
    )


class NewResourceServerSchema(ResourceServerChangeSchema):
    """A resource server to register."""

    audience = fields.String(
        required=True,
        metadata={"description": "The `aud` of its tokens (RFC 8707). It never changes."},
    )
    name = fields.String(required=True, metadata={"description": "What people are shown."})


class ResourceServerSchema(Schema):
    """A resource server as registered."""

    id = fields.UUID(required=True)
    audience = fields.String(required=True)
    name = fields.String(required=True)
    signing_alg = fields.String(required=True, allow_none=True)
    access_token_ttl = fields.Integer(required=True, allow_none=True)
    created_at = Instant(required=True)
    updated_at = Instant(required=True)


class ResourceServerPageSchema(Schema):
    """A page of resource servers."""

    items = fields.List(fields.Nested(ResourceServerSchema), required=True)
    next_cursor = fields.UUID(required=True, allow_none=True)
