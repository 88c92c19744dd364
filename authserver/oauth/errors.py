"""The dialect of the OAuth endpoints: our errors as registered error codes (RFC 6749, 5.2)."""

import structlog
from authlib.oauth2 import OAuth2Error

from authserver.errors import (
    AccessDenied,
    AccountSelectionRequired,
    AppError,
    Conflict,
    ConsentRequired,
    Forbidden,
    InsufficientScope,
    Invalid,
    InvalidClient,
    InvalidClientMetadata,
    InvalidCredentials,
    InvalidGrant,
    InvalidRedirectUri,
    InvalidRequestObject,
    InvalidRequestUri,
    InvalidScope,
    InvalidSoftwareStatement,
    InvalidTarget,
    InvalidToken,
    LockedOut,
    LoginRequired,
    NotFound,
    PreconditionFailed,
    RateLimited,
    RegistrationNotSupported,
    RequestNotSupported,
    UnapprovedSoftwareStatement,
    Unauthenticated,
    UnauthorizedClient,
    Unavailable,
    UnmetAuthenticationRequirements,
    UnsupportedGrantType,
    UnsupportedResponseType,
    WeakPassword,
)
from authserver.http.messages import Headers, HttpRequest, HttpResponse, json_response
from authserver.http.rate_limit_headers import headers_of_refusal

log = structlog.get_logger(__name__)

# The first row that an error is an instance of speaks for it. A locked account answers like a
# wrong password: from here nobody learns its state.
TABLE: tuple[tuple[type[AppError], str, int], ...] = (
    (InvalidClient, "invalid_client", 401),
    (InvalidToken, "invalid_token", 401),
    (InvalidGrant, "invalid_grant", 400),
    (InvalidCredentials, "invalid_grant", 400),
    (LockedOut, "invalid_grant", 400),
    (WeakPassword, "invalid_grant", 400),
    (LoginRequired, "login_required", 400),
    (AccountSelectionRequired, "account_selection_required", 400),
    (UnmetAuthenticationRequirements, "unmet_authentication_requirements", 400),
    (Unauthenticated, "invalid_grant", 400),
    (InvalidScope, "invalid_scope", 400),
    (InvalidTarget, "invalid_target", 400),
    (InvalidClientMetadata, "invalid_client_metadata", 400),
    (InvalidRedirectUri, "invalid_redirect_uri", 400),
    (InvalidSoftwareStatement, "invalid_software_statement", 400),
    (UnapprovedSoftwareStatement, "unapproved_software_statement", 400),
    (UnsupportedGrantType, "unsupported_grant_type", 400),
    (InvalidRequestObject, "invalid_request_object", 400),
    (InvalidRequestUri, "invalid_request_uri", 400),
    (RequestNotSupported, "request_not_supported", 400),
    (UnsupportedResponseType, "unsupported_response_type", 400),
    (RegistrationNotSupported, "registration_not_supported", 400),
    (Invalid, "invalid_request", 400),
    (UnauthorizedClient, "unauthorized_client", 400),
    (InsufficientScope, "insufficient_scope", 403),
    (ConsentRequired, "consent_required", 400),
    (AccessDenied, "access_denied", 400),
    (Forbidden, "access_denied", 403),
    (RateLimited, "temporarily_unavailable", 429),
    (Unavailable, "temporarily_unavailable", 503),
    (NotFound, "invalid_request", 404),
    (Conflict, "invalid_request", 409),
    (PreconditionFailed, "invalid_request", 412),
    (AppError, "invalid_request", 400),
)
# Where a hint tells the developer of a client what to mend, and nobody else anything.
_HINTED = frozenset(
    {
        "invalid_redirect_uri",
        *("invalid_request", "invalid_target", "invalid_scope", "unauthorized_client"),
        *("invalid_request_object", "invalid_request_uri", "request_not_supported"),
        *("invalid_client_metadata", "invalid_software_statement"),
    }
)
_INVALID_GRANT = "The credentials are invalid, expired, revoked, or were issued to another client."


class ProtocolError(OAuth2Error):  # type: ignore[misc]
    """An error of ours in Authlib's clothes, so that its base classes can carry it."""

    def __init__(self, cause: AppError) -> None:
        error, status = registered_code(cause)
        description = _INVALID_GRANT if error == "invalid_grant" else cause.message
        hint = _hint(cause) if error in _HINTED else ""
        super().__init__(
            error=error, description=f"{description} {hint}".strip(), status_code=status
        )
        # A locked account is told nothing of its lock, so it is not told to come back either.
        self.retry_after: int | None = None
        self.retry_headers: Headers = []
        if isinstance(cause, RateLimited | Unavailable) and status in (429, 503):
            self.retry_after = cause.retry_after
            self.retry_headers = headers_of_refusal(cause)


def _hint(cause: AppError) -> str:
    """What to mend; of each member that is wrong the first sentence."""
    if cause.hint or not isinstance(cause, Invalid):
        return cause.hint
    return " ".join(f"{member}: {sentences[0]}" for member, sentences in cause.fields.items())


def registered_code(error: AppError) -> tuple[str, int]:
    """The registered error code, and the HTTP status."""
    return next((code, status) for kind, code, status in TABLE if isinstance(error, kind))


def error_response(
    error: AppError, request: HttpRequest, scheme: str = "Basic", *, token_sent: bool = True
) -> HttpResponse:
    """The answer. A challenge comes where the caller tried that scheme (RFC 6749, 5.2).

    The log has what the caller must not be told.
    """
    said = ProtocolError(error)
    if error.detail:
        log.info("request.refused", error=said.error, detail=error.detail)
    members = {"error": said.error, "error_description": said.description}
    response = json_response(said.status_code, members)
    response.headers += said.retry_headers
    if scheme == "Bearer" and said.status_code in (400, 401, 403):
        response.headers.append(("WWW-Authenticate", _bearer_challenge(said.error, token_sent)))
    elif said.status_code == 401 and request.header("authorization"):
        response.headers.append(("WWW-Authenticate", 'Basic realm="authserver"'))
    return response


def _bearer_challenge(error: str, token_sent: bool) -> str:
    """No error code for who sent no token at all, but never the scheme alone (RFC 6750, 3)."""
    return f'Bearer error="{error}"' if token_sent else 'Bearer realm="authserver"'
