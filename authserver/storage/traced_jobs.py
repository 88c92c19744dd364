"""A job as a part of the trace of the request that left it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

from authserver.observability import spans

# An argument of this name says where a job comes from, and is none of those of its work.
_TRACEPARENT = "traceparent"
Work = Callable[..., Awaitable[None]]


def with_origin(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """The arguments of a job, and of which trace it is a part, if it is part of one."""
    place = spans.current()
    return arguments if place is None else {**arguments, _TRACEPARENT: place.traceparent}


def in_trace(name: str, work: Work) -> Work:
    """The work of a job, done as a part of that trace; its lines in the log say so."""

    async def traced(context: Any, /, **arguments: Any) -> None:
        traceparent = str(arguments.pop(_TRACEPARENT, ""))
        attributes: spans.Attributes = {
            "messaging.system": "procrastinate",
            "messaging.operation.type": "process",
            "messaging.destination.name": name,
        }
        with spans.entry(f"process {name}", "consumer", traceparent, attributes) as span:
            if span is None:
                await work(context, **arguments)
                return
            ids = {"trace_id": span.place.trace_id, "span_id": span.place.span_id}
            with structlog.contextvars.bound_contextvars(**ids):
                await work(context, **arguments)

    return traced
