"""What ``/api/auth/*`` takes and gives. The seed writes the members of tokens in camel case."""

from marshmallow import fields

from authserver.http.fields import StrictSchema, Text

_PASSWORD = {"description": "8 to 128 characters.", "format": "password"}


class RegistrationSchema(StrictSchema):
    email = Text(required=True, maximum=254)
    password = fields.String(required=True, load_only=True, metadata=_PASSWORD)
    full_name = Text(load_default=None, allow_none=True)


class RegisteredSchema(StrictSchema):
    id = fields.UUID(required=True)
    email = fields.String(required=True)
    full_name = fields.String(allow_none=True)


class LoginSchema(StrictSchema):
    email = fields.String(required=True)
    password = fields.String(required=True, load_only=True, metadata=_PASSWORD)


class RefreshSchema(StrictSchema):
    refreshToken = fields.String(required=True)  # noqa: N815 - the seed's own spelling


class TokensSchema(StrictSchema):
    accessToken = fields.String(required=True)  # noqa: N815 - the seed's own spelling
    refreshToken = fields.String(required=True)  # noqa: N815 - the seed's own spelling
    tokenType = fields.String(required=True)  # noqa: N815 - the seed's own spelling
    expiresIn = fields.Integer(required=True)  # noqa: N815 - the seed's own spelling


class PasswordChangeSchema(StrictSchema):
    current_password = fields.String(required=True, load_only=True)
    new_password = fields.String(required=True, load_only=True, metadata=_PASSWORD)
