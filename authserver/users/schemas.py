"""What the REST API takes and tells about users. The rules are in ``emails`` and ``names``."""

from marshmallow import Schema, fields, validate

from authserver.http.fields import Instant, StrictSchema, Text
from authserver.http.pagination import PageArguments
from authserver.roles.service import MAX_ROLES
from authserver.users import emails, names

# What is longer than any password in any spelling; the exact rules are those of ``credentials``.
_LONGEST_PASSWORD = 1024


# The length in another spelling than ours; ``emails`` measures again.
_EMAIL_LENGTH = validate.Length(max=2 * emails.MAXIMUM_LENGTH)


class NewUserSchema(StrictSchema):
    """An account to be made."""

    email = fields.String(required=True, validate=_EMAIL_LENGTH, metadata={"format": "email"})
    password = fields.String(
        required=True,
        validate=validate.Length(max=_LONGEST_PASSWORD),
        metadata={"format": "password"},
    )
    full_name = Text(load_default=None, allow_none=True, minimum=0, maximum=names.MAXIMUM_LENGTH)
    roles = fields.List(
        Text(maximum=50),
        load_default=None,
        validate=validate.Length(max=MAX_ROLES),
        metadata={"description": "Names of roles beside `user`; needs `roles:assign` as well."},
    )


class AddressSchema(StrictSchema):
    """A postal address (OpenID Connect Core 1.0, section 5.1.1)."""

    formatted = fields.String()
    street_address = fields.String()
    locality = fields.String()
    region = fields.String()
    postal_code = fields.String()
    country = fields.String()


class ProfileSchema(StrictSchema):
    """Standard claims (OpenID Connect Core 1.0, section 5.1); null takes one away."""

    given_name = fields.String(allow_none=True)
    family_name = fields.String(allow_none=True)
    middle_name = fields.String(allow_none=True)
    nickname = fields.String(allow_none=True)
    preferred_username = fields.String(allow_none=True)
    profile = fields.String(allow_none=True, metadata={"format": "uri"})
    picture = fields.String(allow_none=True, metadata={"format": "uri"})
    website = fields.String(allow_none=True, metadata={"format": "uri"})
    gender = fields.String(allow_none=True)
    birthdate = fields.String(
        allow_none=True,
        metadata={"description": "YYYY-MM-DD, 0000-MM-DD without the year, or YYYY."},
    )
    zoneinfo = fields.String(allow_none=True, metadata={"description": "Such as Europe/Paris."})
    locale = fields.String(allow_none=True, metadata={"description": "Such as de-AT."})
    address = fields.Nested(AddressSchema, allow_none=True)
    phone_number = fields.String(
        allow_none=True, metadata={"description": "By E.164, such as +15555550123."}
    )
    # A Boolean of marshmallow takes a 1 as well.
    phone_number_verified = fields.Raw(
        allow_none=True,
        metadata={
            "type": ["boolean", "null"],
            "description": "Needs `users:write`, even for one's own.",
        },
    )


class UserChangesSchema(StrictSchema):
    """What may be changed of a user; a member that is absent stays as it is."""

    email = fields.String(
        validate=_EMAIL_LENGTH,
        metadata={"format": "email", "description": "Needs `users:write`, even for one's own."},
    )
    full_name = Text(allow_none=True, minimum=0, maximum=names.MAXIMUM_LENGTH)
    profile = fields.Nested(
        ProfileSchema, metadata={"description": "A claim that is absent stays as it is."}
    )


class UserArguments(PageArguments):
    """What the list of users takes in its query."""

    search = Text(
        load_default=None,
        maximum=emails.MAXIMUM_LENGTH,
        metadata={"description": "The beginning of an address; the answer is in its order."},
    )


class UserSchema(Schema):
    """A user."""

    id = fields.UUID(required=True)
    email = fields.String(required=True)
    email_verified = fields.Boolean(required=True)
    full_name = fields.String(required=True, allow_none=True)
    profile = fields.Nested(ProfileSchema, required=True)
    enabled = fields.Boolean(required=True)
    roles = fields.List(fields.String(), required=True)
    permissions = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "What the roles allow, together."},
    )
    created_at = Instant(required=True, metadata={"type": "string", "format": "date-time"})
    updated_at = Instant(required=True, metadata={"type": "string", "format": "date-time"})


class UsersSchema(Schema):
    """A page of users."""

    items = fields.List(fields.Nested(UserSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)
