"""A request as a part of a trace (W3C Trace Context): from outside, or one that begins here.

Its lines in the log get the ids of the trace and of the request within it. A span, where somebody
keeps a record, is named as OpenTelemetry's conventions for HTTP want it. It has the route, and of
the address the path without its query: codes, states and hints have no place in a trace (CWE-532).
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from authserver.http.messages import StartResponse, Wsgi
from authserver.http.outbound_policy import Destination
from authserver.observability import spans

# Where a request keeps them: its place in the trace, and what of its path is the same for all.
PLACE = "authserver.place"
ROUTE = "authserver.route"

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_MAX_PATH = 1024
_FAILURE = 500
# Asked every few seconds, of no interest to anybody who has not said so.
_PROBES = ("/livez", "/readyz")


def in_trace(
    application: Wsgi, environ: dict[str, Any], start_response: StartResponse
) -> Iterable[bytes]:
    """What the application answers; what it does meanwhile is part of the request."""
    traceparent = environ.get("HTTP_TRACEPARENT", "")
    if not traceparent and environ["PATH_INFO"] in _PROBES:
        return application(environ, start_response)
    method = _method(environ)
    name = method if method in _METHODS else "HTTP"
    with spans.entry(name, "server", traceparent, _attributes(environ, method)) as span:
        if span is None:
            return application(environ, start_response)
        place = environ[PLACE] = span.place
        with structlog.contextvars.bound_contextvars(
            trace_id=place.trace_id, span_id=place.span_id
        ):
            return application(environ, _noting(span, name, environ, start_response))


@contextmanager
def call_in_trace(
    method: str, destination: Destination
) -> Iterator[tuple[spans.Span, dict[str, str]]]:
    """A request of ours to somebody else, and the header that tells of which trace it is a part.

    Of the address there is the host: the rest may hold secrets of its owner.
    """
    attributes: spans.Attributes = {
        "http.request.method": method,
        "server.address": destination.host,
        "server.port": destination.port,
        "url.scheme": destination.scheme,
    }
    with spans.span(method, "client", attributes) as span:
        yield span, {"traceparent": span.place.traceparent} if spans.current() else {}


def _attributes(environ: dict[str, Any], method: str) -> spans.Attributes:
    return {
        "http.request.method": method,
        "url.path": environ["PATH_INFO"][:_MAX_PATH],
        "url.scheme": str(environ.get("wsgi.url_scheme", "http")),
    }


def _method(environ: dict[str, Any]) -> str:
    """Anybody can make up one; a trace has few names."""
    method = str(environ["REQUEST_METHOD"])
    return method if method in _METHODS else "_OTHER"


def _noting(
    span: spans.Span, name: str, environ: dict[str, Any], start_response: StartResponse
) -> StartResponse:
    """Note what the answer is when it begins."""

    def start(status: str, *rest: Any) -> Any:
        code = int(status[:3])
        span.note("http.response.status_code", code)
        if code >= _FAILURE:
            span.fail(str(code))
        route = environ.get(ROUTE)
        if route is not None:
            span.note("http.route", route)
            span.rename(f"{name} {route}")
        return start_response(status, *rest)

    return start
