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


class UserChangesSchema(StrictSchema):
    """What may be changed of a user; a member that is absent stays as it is."""

    email = fields.String(
        validate=_EMAIL_LENGTH,
        metadata={"format": "email", "description": "Needs `users:write`, even for one's own."},
    )
    full_name = Text(allow_none=True, minimum=0, maximum=names.MAXIMUM_LENGTH)


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
