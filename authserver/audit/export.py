"""Events as they leave us: one JSON object a line."""

import json

import orjson

from authserver.audit.models import AuditEvent
from authserver.audit.seals import instant


def as_line(event: AuditEvent) -> bytes:
    """All that was recorded, and the seal, which is null for as long as there is none."""
    members = {
        "id": event.id,
        "occurred_at": instant(event.occurred_at),
        "event": event.event,
        "actor_kind": event.actor_kind,
        "actor_id": event.actor_id,
        "user_id": event.user_id,
        "client_id": event.client_id,
        "address": event.address,
        "request_id": event.request_id,
        "user_agent": event.user_agent,
        "detail": event.detail,
        "seal": event.seal,
    }
    try:
        return orjson.dumps(members, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:
        # Somebody wrote a number that no program of ours can have written: it must not hide others.
        return json.dumps(members, default=str, separators=(",", ":")).encode() + b"\n"
