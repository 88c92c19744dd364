"""An OpenTelemetry collector: takes OTLP over HTTP, and tells of the spans that came."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1 import trace_pb2

from tests.support.http_sink import HttpSink, Posted


@dataclass(frozen=True)
class CollectedSpan:
    """A span as it came over the wire, its ids in hexadecimal."""

    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    failed: bool
    attributes: dict[str, Any]
    resource: dict[str, Any]


class TraceCollector(HttpSink):
    """``with TraceCollector() as collector``: its address is ``collector.endpoint``."""

    @property
    def endpoint(self) -> str:
        return f"http://{self.address}/v1/traces"

    @property
    def raw(self) -> bytes:
        """All that came."""
        return b"".join(post.body for post in self.posted)

    def spans(self) -> list[CollectedSpan]:
        return _spans(self.posted)

    def wait_for_span(self, matches: Callable[[CollectedSpan], bool]) -> CollectedSpan:
        """The first one that matches, once it has come."""
        self.wait_for(lambda posted: any(map(matches, _spans(posted))))
        return next(filter(matches, self.spans()))


def _spans(posted: list[Posted]) -> list[CollectedSpan]:
    found = []
    for post in list(posted):
        message = ExportTraceServiceRequest.FromString(post.body)
        for resource in message.resource_spans:
            about = _plain(resource.resource.attributes)
            for scope in resource.scope_spans:
                found += [_span(span, about) for span in scope.spans]
    return found


def _span(span: trace_pb2.Span, resource: dict[str, Any]) -> CollectedSpan:
    assert not span.events, "nothing is told of exceptions"
    return CollectedSpan(
        name=span.name,
        kind=trace_pb2.Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        failed=span.status.code == trace_pb2.Status.STATUS_CODE_ERROR,
        attributes=_plain(span.attributes),
        resource=resource,
    )


def _plain(attributes: Any) -> dict[str, Any]:
    return {
        pair.key: getattr(pair.value, pair.value.WhichOneof("value") or "string_value")
        for pair in attributes
    }
