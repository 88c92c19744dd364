"""What every request passes, before and after everything else.

It gives the request its id and its address, refuses what no handler should see, hands the
machine-to-machine endpoints their requests without a router in between,
and writes the access log.
"""

import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from http.client import responses
from random import getrandbits
from typing import Any

import structlog

from authserver.http.cors import Cors
from authserver.http.messages import (
    BodyTooLargeError,
    Endpoint,
    Headers,
    HttpRequest,
    HttpResponse,
    StartResponse,
    Wsgi,
    json_response,
)
from authserver.http.proxies import client_address
from authserver.http.traces import PLACE, ROUTE, in_trace
from authserver.observability import spans
from authserver.observability.access_log import log_request
from authserver.observability.crashes import report_crash
from authserver.settings import Network

# How the policy of a page ends that others may show in a frame: the older header cannot say that.
FRAMEABLE = "frame-ancestors *"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)
_STATUS_LINES = {code: f"{code} {phrase}" for code, phrase in responses.items()}


@dataclass(frozen=True)
class FrontDoor:
    """The WSGI application around the Flask one."""

    application: Wsgi
    endpoints: Mapping[str, Endpoint]
    cors: Cors
    security_headers: Headers
    trusted_networks: tuple[Network, ...]
    # Counts an answer: its request, its status line, and how many seconds it took.
    count: Callable[[Mapping[str, Any], str, float], None] | None = None

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if "HTTP_TRACEPARENT" in environ or spans.are_recorded():
            return in_trace(self._receive, environ, start_response)
        return self._receive(environ, start_response)

    def _receive(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        started = time.perf_counter()
        request_id = _request_id(environ)
        environ["authserver.request_id"] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)

        def start(status: str, headers: Headers, *more: Any) -> Any:
            _log(environ, status, started)
            if self.count is not None:
                self.count(environ, status, time.perf_counter() - started)
            return start_response(status, self._complete(headers, request_id), *more)

        try:
            return self._serve(environ, start)
        except Exception as error:  # noqa: BLE001 - it is reported, whatever it is
            # The server's own answer would be HTML without any id.
            error_id = report_crash("request.crashed", error)
            reason = sys.exc_info()
            return _send(_crash(error_id), lambda status, headers: start(status, headers, reason))

    def _serve(self, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        environ["authserver.address"] = client_address(environ, self.trusted_networks)
        endpoint = self._endpoint(environ)
        host = environ.get("HTTP_HOST")
        if not host or "," in host:
            # RFC 9112, section 3.2; servers let requests pass that have none, or join several.
            return _send(_refusal(400, "A request has exactly one Host header."), start)
        if endpoint is None:
            return self.application(environ, start)
        request = HttpRequest(environ)
        response = self._answer(endpoint, request)
        response.headers += self.cors.headers(endpoint, request)
        return _send(response, start, with_body=request.method != "HEAD")

    def _endpoint(self, environ: dict[str, Any]) -> Endpoint | None:
        """The one of this very path, or the one of its folder, whose path ends with a slash."""
        route = environ["PATH_INFO"]
        endpoint = self.endpoints.get(route)
        if endpoint is None:
            route = route[: route.rfind("/") + 1]
            endpoint = self.endpoints.get(route)
        if endpoint is not None:
            environ[ROUTE] = route
        return endpoint

    def _answer(self, endpoint: Endpoint, request: HttpRequest) -> HttpResponse:
        method = "GET" if request.method == "HEAD" else request.method
        if method == "OPTIONS" and endpoint.cors:
            return self.cors.preflight(endpoint, request)
        if method not in endpoint.methods:
            refusal = _refusal(405, "The method is not allowed here. See the Allow header.")
            refusal.headers.append(("Allow", ", ".join(endpoint.methods)))
            return refusal
        try:
            return endpoint.handle(request)
        except BodyTooLargeError:
            refusal = _refusal(413, "The body is larger than 64 KiB.")
            refusal.headers.append(("Connection", "close"))
            return refusal
        except Exception as error:  # noqa: BLE001 - it is reported, whatever it is
            # Here already, so that scripts of other origins may read the answer.
            return _crash(report_crash("request.crashed", error))

    @cached_property
    def _usual_headers(self) -> list[tuple[str, tuple[str, str]]]:
        """The security headers by their names in lower case."""
        return [(header[0].lower(), header) for header in self.security_headers]

    def _complete(self, headers: Headers, request_id: str) -> Headers:
        present = {name.lower(): value for name, value in headers}
        if present.get("content-security-policy", "").endswith(FRAMEABLE):
            present["x-frame-options"] = ""
        usual = [header for name, header in self._usual_headers if name not in present]
        return [*headers, ("X-Request-ID", request_id), *usual]


def _request_id(environ: Mapping[str, Any]) -> str:
    """The caller's id for the request when it has a harmless form, else a new one."""
    given = str(environ.get("HTTP_X_REQUEST_ID", ""))
    # It finds lines in a log, and opens nothing; the kernel's randomness costs ten times as much.
    return given if _REQUEST_ID.fullmatch(given) else f"{getrandbits(128):032x}"


def _refusal(status: int, description: str, error: str = "invalid_request") -> HttpResponse:
    return json_response(status, {"error": error, "error_description": description})


def _crash(error_id: str) -> HttpResponse:
    """A mistake of ours: an id for the caller, everything else is in the log."""
    return _refusal(500, f"Something went wrong. The error id is {error_id}.", "server_error")


def _send(
    response: HttpResponse, start: StartResponse, *, with_body: bool = True
) -> Iterable[bytes]:
    headers = [*response.headers]
    if response.status != 204:  # RFC 9110, section 8.6.
        headers.append(("Content-Length", str(len(response.body))))
    start(_STATUS_LINES[response.status], headers)
    return [response.body] if with_body else []


def _log(environ: Mapping[str, Any], status: str, started: float) -> None:
    """The path without its query: codes, states and hints have no place in a log (CWE-532)."""
    log_request(
        request_id=environ["authserver.request_id"],
        method=environ["REQUEST_METHOD"],
        path=environ["PATH_INFO"],
        status=int(status[:3]),
        milliseconds=round((time.perf_counter() - started) * 1000, 1),
        address=environ.get("authserver.address"),
        place=environ.get(PLACE),
    )
