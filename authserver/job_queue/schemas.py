"""Jobs as JSON."""

from marshmallow import Schema, fields, validate

from authserver.http.fields import Instant, StrictSchema, Text
from authserver.http.pagination import DEFAULT_LIMIT, MAX_LIMIT
from authserver.job_queue.job import MAX_ID, Status


class JobPageArguments(StrictSchema):
    """What the list of jobs takes in its query."""

    limit = fields.Integer(load_default=DEFAULT_LIMIT, validate=validate.Range(1, MAX_LIMIT))
    cursor = fields.Integer(load_default=None, validate=validate.Range(1, MAX_ID))
    status = fields.Enum(
        Status, by_value=True, load_default=None, metadata={"description": "Only such jobs."}
    )
    task = Text(
        maximum=128,
        load_default=None,
        metadata={"description": "Only jobs of this task, such as back_channel_logout."},
    )


class JobSchema(Schema):
    """A job. What it was told is not shown, but for the ids that it concerns."""

    id = fields.Integer(required=True)
    task = fields.String(required=True, metadata={"description": "What is to be done."})
    status = fields.Enum(Status, by_value=True, required=True)
    attempts = fields.Integer(
        required=True, metadata={"description": "How often it was tried in vain."}
    )
    due_at = Instant(
        required=True, allow_none=True, metadata={"description": "Not before; null: at once."}
    )
    created_at = Instant(required=True, allow_none=True)
    changed_at = Instant(
        required=True, allow_none=True, metadata={"description": "When its status last changed."}
    )
    concerns = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"description": "`client_id` and `user_id`, where it concerns such."},
    )


class JobPageSchema(Schema):
    """A page of jobs."""

    items = fields.List(fields.Nested(JobSchema), required=True)
    next_cursor = fields.Integer(required=True, allow_none=True)
