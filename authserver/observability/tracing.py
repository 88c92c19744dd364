"""Traces, told to a collector by OTLP over HTTP (OpenTelemetry); the extra ``tracing``.

Whoever does a piece of work says so (``observability.spans``); here it is written down, and sent by
a thread in the background. When the collector is away, or too slow, pieces are lost and no request
waits. What is secret has no place in a trace: attributes are redacted as logs are, and texts of
exceptions are left out.

Nothing imports this module unless a collector has been named.
"""

import os
import threading
from dataclasses import dataclass
from functools import cached_property
from multiprocessing.util import Finalize

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from authserver import __version__
from authserver.observability.redaction import redact_text
from authserver.observability.spans import Attributes, Kind, Place, Span, record_with

# For one batch, all attempts together.
_EXPORT_SECONDS = 5.0
# What a process that ends waits for the last batch.
_CLOSING_SECONDS = 2.0
_KINDS = {
    "server": trace.SpanKind.SERVER,
    "client": trace.SpanKind.CLIENT,
    "internal": trace.SpanKind.INTERNAL,
    "consumer": trace.SpanKind.CONSUMER,
}


def start_tracing(endpoint: str, share: float, environment: str) -> None:
    """Keep a record in this process, and send it to ``endpoint``.

    Call it after the fork. Of the traces that begin here ``share`` are recorded; for all others
    their caller has decided.
    """
    provider = TracerProvider(
        sampler=ParentBased(TraceIdRatioBased(share)),
        resource=Resource.create(
            {
                "service.name": "authserver",
                "service.version": __version__,
                "deployment.environment.name": environment,
                "process.pid": os.getpid(),
            }
        ),
        shutdown_on_exit=False,
    )
    exporter = OTLPSpanExporter(endpoint=endpoint, timeout=_EXPORT_SECONDS)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _close_at_exit(provider)
    record_with(OpenTelemetryTracer(provider.get_tracer("authserver", __version__)))


@dataclass(frozen=True)
class OpenTelemetryTracer:
    """Keeps the record by OpenTelemetry's SDK."""

    tracer: trace.Tracer

    def start(
        self, name: str, kind: Kind, parent: Span | Place | None, attributes: Attributes
    ) -> "RecordedSpan":
        """A span, and the child of another one, here or elsewhere, if there is one.

        Of what is not recorded no part is: it is all one.
        """
        if isinstance(parent, RecordedSpan) and not parent.span.is_recording():
            return parent
        begun = self.tracer.start_span(
            name,
            context=_context(parent),
            kind=_KINDS[kind],
            attributes={name: _redacted(value) for name, value in attributes.items()},
            record_exception=False,
            set_status_on_exception=False,
        )
        return RecordedSpan(begun)


@dataclass(frozen=True)
class RecordedSpan:
    """A span of OpenTelemetry's."""

    span: trace.Span

    @cached_property
    def place(self) -> Place:
        context = self.span.get_span_context()
        return Place(
            trace.format_trace_id(context.trace_id),
            trace.format_span_id(context.span_id),
            context.trace_flags.sampled,
        )

    def rename(self, name: str) -> None:
        self.span.update_name(name)

    def note(self, name: str, value: str | int) -> None:
        self.span.set_attribute(name, _redacted(value))

    def fail(self, error: str) -> None:
        self.span.set_attribute("error.type", error)
        self.span.set_status(trace.StatusCode.ERROR)

    def end(self) -> None:
        self.span.end()


def _redacted(value: str | int) -> str | int:
    return redact_text(value) if isinstance(value, str) else value


def _context(parent: Span | Place | None) -> Context:
    """Never the one that OpenTelemetry would find by itself: ours alone decides."""
    if parent is None:
        return Context()
    if isinstance(parent, RecordedSpan):
        return trace.set_span_in_context(parent.span, Context())
    place = parent if isinstance(parent, Place) else parent.place
    remote = trace.SpanContext(
        int(place.trace_id, 16),
        int(place.span_id, 16),
        is_remote=True,
        trace_flags=trace.TraceFlags(int(place.sampled)),
    )
    return trace.set_span_in_context(trace.NonRecordingSpan(remote), Context())


def _close_at_exit(provider: TracerProvider) -> None:
    """Send the last batch when the process ends, and give up on it after a while.

    The SDK would wait for half a minute. The thread that does it is begun now: at the end of a
    process Python begins none any more.
    """
    told_to_end = threading.Event()

    def close() -> None:
        told_to_end.wait()
        provider.shutdown()

    thread = threading.Thread(target=close, name="traces", daemon=True)
    thread.start()

    def end() -> None:
        record_with(None)
        told_to_end.set()
        thread.join(_CLOSING_SECONDS)

    # Not only by atexit: a process of multiprocessing, as granian's workers are, knows none.
    Finalize(None, end, exitpriority=0)
