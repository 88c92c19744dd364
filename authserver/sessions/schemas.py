"""What a person may see of a session."""

from marshmallow import fields

from authserver.http.fields import Instant, StrictSchema


class SessionSchema(StrictSchema):
    id = fields.UUID(required=True)
    client_id = fields.String(required=True)
    scope = fields.String(required=True)
    amr = fields.List(fields.String(), required=True)
    address = fields.String(allow_none=True)
    user_agent = fields.String(allow_none=True)
    created_at = Instant()
    refreshed_at = Instant(attribute="rotated_at")
    expires_at = Instant()


class SessionPageSchema(StrictSchema):
    items = fields.List(fields.Nested(SessionSchema), required=True)
    next_cursor = fields.String(allow_none=True, required=True)
