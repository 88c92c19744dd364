"""What the REST API takes and tells about roles. The rules themselves are in ``changes``."""

from marshmallow import Schema, fields, validate

from authserver.http.fields import StrictSchema, Text
from authserver.roles.changes import NAME_PATTERN
from authserver.roles.permissions import ALL

_NAME = {"pattern": NAME_PATTERN, "description": "What tokens carry, such as `auditor`."}
_PERMISSIONS = {"description": "Some of: " + ", ".join(sorted(ALL)) + "."}


class NewRoleSchema(StrictSchema):
    """A role to be made."""

    name = Text(required=True, maximum=50, metadata=_NAME)
    description = Text(load_default=None, allow_none=True, minimum=0, maximum=1000)
    permissions = fields.List(
        Text(maximum=50),
        load_default=list,
        validate=validate.Length(max=100),
        metadata=_PERMISSIONS,
    )


class RoleChangesSchema(StrictSchema):
    """What may be changed of a role; a member that is absent stays as it is."""

    name = Text(maximum=50, metadata=_NAME)
    description = Text(allow_none=True, minimum=0, maximum=1000)
    permissions = fields.List(
        Text(maximum=50), validate=validate.Length(max=100), metadata=_PERMISSIONS
    )


class RoleSchema(Schema):
    """A role."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True, allow_none=True)
    permissions = fields.List(fields.String(), required=True)
    built_in = fields.Boolean(required=True)


class RolesSchema(Schema):
    """All roles in question, in the form of a last page."""

    items = fields.List(fields.Nested(RoleSchema), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class AssignmentSchema(StrictSchema):
    """The role that a user is to have."""

    role_id = fields.UUID(required=True)
