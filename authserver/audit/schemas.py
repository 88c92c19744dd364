"""Audit events as JSON."""

from marshmallow import Schema, fields

from authserver.audit.events import Event
from authserver.http.fields import Instant, Text
from authserver.http.pagination import PageArguments


class AuditPageArguments(PageArguments):
    """What the list of events takes in its query."""

    event = fields.Enum(
        Event, by_value=True, load_default=None, metadata={"description": "Only these events."}
    )
    user_id = fields.UUID(
        load_default=None, metadata={"description": "Only what happened to this user."}
    )
    client_id = Text(load_default=None, metadata={"description": "Only what concerns this client."})
    actor_id = Text(
        load_default=None, metadata={"description": "Only what this user or client has done."}
    )
    since = Instant(
        load_default=None, metadata={"description": "Only what happened then or later."}
    )
    until = Instant(load_default=None, metadata={"description": "Only what happened before."})


class AuditEventSchema(Schema):
    """An event: who did what, to whom, from where."""

    id = fields.UUID(required=True)
    occurred_at = Instant(required=True)
    event = fields.String(required=True)
    actor_kind = fields.String(
        required=True, metadata={"description": "user, client, anonymous, operator or system"}
    )
    actor_id = fields.String(required=True, allow_none=True)
    user_id = fields.UUID(required=True, allow_none=True)
    client_id = fields.String(required=True, allow_none=True)
    address = fields.String(required=True, allow_none=True)
    request_id = fields.String(required=True, allow_none=True)
    user_agent = fields.String(required=True, allow_none=True)
    detail = fields.Dict(required=True)
    seal = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "The link of the chain that holds it; null until it is sealed."},
    )


class AuditPageSchema(Schema):
    """A page of events."""

    items = fields.List(fields.Nested(AuditEventSchema), required=True)
    next_cursor = fields.UUID(required=True, allow_none=True)
