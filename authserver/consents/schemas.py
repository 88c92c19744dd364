"""What a person may see of a consent."""

from marshmallow import fields

from authserver.http.fields import Instant, StrictSchema


class ConsentSchema(StrictSchema):
    client_id = fields.String(required=True)
    client_name = fields.String(required=True)
    scope = fields.Function(
        lambda consent: " ".join(sorted(consent.scope)),
        metadata={"type": "string", "description": "Parted by spaces."},
    )
    granted_at = Instant(required=True)


class ConsentPageSchema(StrictSchema):
    items = fields.List(fields.Nested(ConsentSchema), required=True)
    next_cursor = fields.String(allow_none=True, required=True)
