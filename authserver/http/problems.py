"""The dialect of the REST API: ``{code, message}``, and the status that each kind of error has."""

from typing import Any

import structlog
from flask import Response, jsonify, request
from werkzeug.exceptions import HTTPException

from authserver.errors import (
    AppError,
    Conflict,
    Forbidden,
    InsufficientScope,
    Invalid,
    InvalidToken,
    NotFound,
    PreconditionFailed,
    RateLimited,
    Unauthenticated,
    Unavailable,
)
from authserver.http.rate_limit_headers import headers_of_refusal
from authserver.observability.crashes import report_crash

log = structlog.get_logger(__name__)

STATUS_BY_KIND: dict[type[AppError], int] = {
    Invalid: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    PreconditionFailed: 412,
    RateLimited: 429,
    Unavailable: 503,
}
_SENTENCES = {
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take this method; see the Allow header."),
    413: ("too_large", "The body is larger than 64 KiB."),
    415: ("unsupported_media_type", "Expected a body of the type application/json."),
}


def status_of(error: AppError) -> int:
    """The HTTP status of an error's kind."""
    return next(status for kind, status in STATUS_BY_KIND.items() if isinstance(error, kind))


def problem(error: AppError) -> Response:
    """An error of ours as the REST API tells it."""
    body: dict[str, Any] = {"code": error.code, "message": error.message}
    if isinstance(error, Invalid) and error.fields:
        body["errors"] = error.fields
    response = _answer(body, status_of(error))
    if isinstance(error, RateLimited | Unavailable):
        response.headers.extend(headers_of_refusal(error))
    if isinstance(error, Unauthenticated | InsufficientScope):
        response.headers["WWW-Authenticate"] = challenge(error)
    if error.detail:
        log.info("request.refused", error=error.code, detail=error.detail)
    return response


def challenge(error: AppError) -> str:
    """The challenge of RFC 6750, section 3: an error code only for a token that failed.

    The scheme never stands alone.
    """
    if isinstance(error, InsufficientScope):
        return 'Bearer error="insufficient_scope"'
    token_sent = request.headers.get("Authorization", "").lower().startswith("bearer ")
    if token_sent and isinstance(error, InvalidToken):
        return 'Bearer error="invalid_token"'
    return 'Bearer realm="authserver"'


def http_problem(error: HTTPException) -> Response:
    """What Flask itself refuses: an unknown address, a wrong method."""
    status = error.code or 500
    code, message = _SENTENCES.get(status, ("invalid_request", "The request is malformed."))
    response = _answer({"code": code, "message": message}, status)
    response.headers.extend(
        [(name, value) for name, value in error.get_headers() if name == "Allow"]
    )
    return response


def crash(error: Exception) -> Response:
    """A mistake of ours: an id for the caller, everything else for the log."""
    error_id = report_crash("request.crashed", error)
    return _answer(
        {
            "code": "server_error",
            "message": f"Something went wrong on our side. Tell us the error id {error_id}.",
        },
        500,
    )


def _answer(body: dict[str, Any], status: int) -> Response:
    response = jsonify(body)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response
