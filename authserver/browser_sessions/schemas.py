"""What a person may see of a browser session."""

from marshmallow import fields

from authserver.http.fields import Instant, StrictSchema


class BrowserSessionSchema(StrictSchema):
    id = fields.UUID(required=True)
    acr = fields.String(allow_none=True)
    amr = fields.List(fields.String(), required=True)
    address = fields.String(allow_none=True)
    user_agent = fields.String(allow_none=True)
    signed_in_at = Instant(attribute="auth_time")
    seen_at = Instant()
    expires_at = Instant()


class BrowserSessionPageSchema(StrictSchema):
    items = fields.List(fields.Nested(BrowserSessionSchema), required=True)
    next_cursor = fields.String(allow_none=True, required=True)
