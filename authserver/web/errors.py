"""The dialect of pages: an error as a page that is safe for the person, with an id for us."""

import structlog
from flask import Response, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from authserver.clients.service import ClientService
from authserver.errors import AppError, FlowExpired, RateLimited, Unavailable
from authserver.flows.addresses import RESUME
from authserver.flows.addresses import step as address_of
from authserver.http.problems import http_problem, status_of
from authserver.http.rate_limit_headers import headers_of_refusal
from authserver.http.services import service
from authserver.observability.crashes import report_crash
from authserver.web.rendering import render_page
from authserver.web.steps import find_step, time_of_retry

log = structlog.get_logger(__name__)
_FOR_PROGRAMS = ("/api/", "/oauth2/", "/.well-known/")
_FORBIDDEN = 403


def error_page(error: AppError) -> Response:
    """An error of ours as a page."""
    if error.detail:
        log.info("request.refused", error=error.code, detail=error.detail)
    if isinstance(error, FlowExpired):
        return _expired_page(error)
    status = status_of(error)
    if isinstance(error, RateLimited | Unavailable):
        headers = headers_of_refusal(error)
        retry_at = time_of_retry(error.retry_after)
        return _show(error.code, error.message, status, headers=headers, retry_at=retry_at)
    return _show(error.code, error.message, status)


def refused_form_page(error: CSRFError) -> Response:
    """A form that was not ours, or has been overtaken, as by a sign-in in another tab."""
    log.info("form.refused", detail=error.description)
    try:
        step = find_step()
    except AppError:
        step = None
    go_on = address_of(RESUME, step.sealed) if step else request.full_path.rstrip("?")
    return render_page("refused_form.html", _FORBIDDEN, go_on=go_on)


def http_error_page(error: HTTPException) -> Response:
    """What Flask itself refuses."""
    status = error.code or 500
    response = _show("", "", status)
    allow = [pair for pair in error.get_headers() if pair[0] == "Allow"]
    response.headers.extend(allow)
    return response


def crash_page(error: Exception) -> Response:
    """A mistake of ours: everything about it is in the log, under the id that the page shows."""
    return _show("server_error", "", 500, error_id=report_crash("request.crashed", error))


def http_error(error: HTTPException) -> Response:
    """A page for a person who mistyped an address; for a program what programs read."""
    return http_error_page(error) if _asks_for_page() else http_problem(error)


def _asks_for_page() -> bool:
    if request.path.startswith(_FOR_PROGRAMS):
        return False
    return "text/html" in request.accept_mimetypes.values()


def _expired_page(error: FlowExpired) -> Response:
    return render_page(
        "expired.html",
        status_of(error),
        back_url=error.back_url,
        client_name=_name_of(error.client_id),
        error_id=_error_id(),
    )


def _name_of(client_id: str) -> str | None:
    try:
        client = service(ClientService).find(client_id)
    except Unavailable:
        return None
    return client.client_name if client else None


def _show(code: str, description: str, status: int, **values: object) -> Response:
    return render_page(
        "error.html",
        status,
        error=code,
        description=description,
        **{"error_id": _error_id()} | values,  # type: ignore[arg-type]
    )


def _error_id() -> str:
    """The id of the request: it is in each line of the log."""
    return str(request.environ["authserver.request_id"])
