"""Initial access tokens as JSON."""

from marshmallow import Schema, fields

from authserver.http.fields import Instant, StrictSchema, Text
from authserver.registrations.service import DEFAULT_TTL


class NewRegistrationTokenSchema(StrictSchema):
    """What a token is to be good for."""

    uses = fields.Integer(
        strict=True, load_default=1, metadata={"description": "How many clients it registers."}
    )
    ttl = fields.Integer(
        strict=True, load_default=DEFAULT_TTL, metadata={"description": "Its life in seconds."}
    )
    note = Text(
        load_default=None,
        allow_none=True,
        metadata={"description": "For whom it is; the audit record shows it."},
    )


class RegistrationTokenSchema(Schema):
    """A token, shown this once."""

    token = fields.String(required=True)
    uses = fields.Integer(required=True)
    expires_at = Instant(required=True)
