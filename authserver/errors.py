"""The catalogue of what can go wrong: a code and a sentence each, and no HTTP status.

Three surfaces translate these facts into their own dialect: the REST API by *kind*
(``http.problems``), the OAuth endpoints by a table (``oauth.errors``), and pages by a template.
A sentence never contains what a caller sent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


class AppError(Exception):
    """A fact that ends a request.

    ``message`` is for the caller, ``hint`` for the developer of a client, ``detail`` for our log
    only.
    """

    code: ClassVar[str]
    message: ClassVar[str]

    def __init__(self, *, hint: str = "", detail: str = "") -> None:
        super().__init__(detail or self.message)
        self.hint = hint
        self.detail = detail


# The kinds ----------------------------------------------------------------------------------------


class Invalid(AppError):
    """What was sent cannot be understood or breaks a rule; ``fields`` says which member and why."""

    code = "invalid_request"
    message = "The request is malformed or breaks a rule."

    def __init__(
        self, *, fields: Mapping[str, Sequence[str]] | None = None, hint: str = "", detail: str = ""
    ) -> None:
        super().__init__(hint=hint, detail=detail)
        self.fields = dict(fields or {})


class Unauthenticated(AppError):
    """Nobody proved who they are."""

    code = "unauthenticated"
    message = "Authentication is required."


class Forbidden(AppError):
    """The caller is known and may not do this."""

    code = "forbidden"
    message = "You may not do this."


class NotFound(AppError):
    """There is no such thing, or none that the caller may know of."""

    code = "not_found"
    message = "There is nothing here."


class Conflict(AppError):
    """The request contradicts the present state."""

    code = "conflict"
    message = "The request conflicts with the present state."


class PreconditionFailed(AppError):
    """The thing has changed since the caller read it (RFC 9110, section 13.1.1)."""

    code = "precondition_failed"
    message = "It has changed since you read it. Fetch it again and repeat your change."


@dataclass(frozen=True)
class Quota:
    """So much of something in so many seconds, under a name."""

    name: str
    amount: int
    seconds: int


class RateLimited(AppError):
    """Too many attempts; ``retry_after`` is in seconds, ``quota`` what was used up, if it may be
    told."""

    code = "rate_limited"
    message = "Too many requests. Wait and try again."

    def __init__(
        self, retry_after: int, *, quota: Quota | None = None, hint: str = "", detail: str = ""
    ) -> None:
        super().__init__(hint=hint, detail=detail)
        self.retry_after = retry_after
        self.quota = quota


class Unavailable(AppError):
    """Something we depend on does not answer; ``retry_after`` is in seconds."""

    code = "temporarily_unavailable"
    message = "The service is temporarily unavailable. Try again shortly."

    def __init__(self, retry_after: int = 1, *, hint: str = "", detail: str = "") -> None:
        super().__init__(hint=hint, detail=detail)
        self.retry_after = retry_after


# Invalid ------------------------------------------------------------------------------------------


class WeakPassword(Invalid):
    code = "weak_password"
    message = "The password does not meet the rules."


class WrongPassword(Invalid):
    """Somebody who is signed in does not know the present password."""

    code = "wrong_password"
    message = "The present password is wrong."


class InvalidScope(Invalid):
    code = "invalid_scope"
    message = "The requested scope is invalid, unknown, or exceeds what was granted."


class InvalidTarget(Invalid):
    code = "invalid_target"
    message = "The requested resource is not one that this client may ask for."


class InvalidClientMetadata(Invalid):
    code = "invalid_client_metadata"
    message = "The client metadata is invalid."


class InvalidSoftwareStatement(Invalid):
    code = "invalid_software_statement"
    message = "The software statement is malformed, expired, or was altered."


class UnapprovedSoftwareStatement(Invalid):
    code = "unapproved_software_statement"
    message = "The software statement is not by a publisher whom this server trusts."


class InvalidRedirectUri(Invalid):
    code = "invalid_redirect_uri"
    message = "A redirect URI is invalid."


class UnknownClient(Invalid):
    """Told to a person who was sent here; a client that must prove itself hears InvalidClient."""

    code = "unknown_client"
    message = "The client is unknown or disabled."


class UnsupportedResponseType(Invalid):
    code = "unsupported_response_type"
    message = "The response type is not supported."


class RegistrationNotSupported(Invalid):
    code = "registration_not_supported"
    message = "The parameter registration is not supported. Register the client beforehand."


class UnsupportedGrantType(Invalid):
    code = "unsupported_grant_type"
    message = "The grant type is not supported."


class ClientKeyNotFound(Invalid):
    """Neither the ``jwks`` nor the ``jwks_uri`` of a client has a key for what it registered."""

    code = "client_key_not_found"
    message = "The client has published no key that can be used for this."


class InvalidRequestObject(Invalid):
    """The JWT that holds the parameters of an authorization request (RFC 9101, section 7)."""

    code = "invalid_request_object"
    message = "The request object is invalid."


class InvalidRequestUri(Invalid):
    code = "invalid_request_uri"
    message = "The request_uri is not registered, or what it leads to could not be read."


class RequestNotSupported(Invalid):
    """OpenID Connect Core 1.0, section 3.1.2.6: an unsigned one, from who did not ask for that."""

    code = "request_not_supported"
    message = "The request parameter is not supported in this form."


class FlowInvalid(Invalid):
    """What a browser carried along was not made for it, or is damaged (RFC 9700, section 4.7)."""

    code = "flow_invalid"
    message = "This step does not belong to a sign-in of this browser. Go back to the application."


class FlowExpired(Invalid):
    """``back_url`` leads back to the client, which may begin anew."""

    code = "flow_expired"
    message = "This took too long. Go back to the application and try again."

    def __init__(self, client_id: str = "", back_url: str = "") -> None:
        super().__init__()
        self.client_id = client_id
        self.back_url = back_url


# Unauthenticated ----------------------------------------------------------------------------------


class InvalidCredentials(Unauthenticated):
    """One answer for an unknown user, a wrong password and a disabled account."""

    code = "invalid_credentials"
    message = "The e-mail address or the password is wrong."


class InvalidToken(Unauthenticated):
    code = "invalid_token"
    message = "The access token is missing, expired, revoked, or not for this service."


class InvalidClient(Unauthenticated):
    """One answer for an unknown client, a wrong secret, a disabled client and a wrong method."""

    code = "invalid_client"
    message = "Client authentication failed."


class InvalidGrant(Unauthenticated):
    code = "invalid_grant"
    message = "The credential is invalid, expired, revoked, or was issued to another client."


class LoginRequired(Unauthenticated):
    code = "login_required"
    message = "The person must sign in first."


class AccountSelectionRequired(Unauthenticated):
    code = "account_selection_required"
    message = "The person must choose an account first."


class UnmetAuthenticationRequirements(Unauthenticated):
    code = "unmet_authentication_requirements"
    message = "The person cannot sign in in the way that is required."


# Forbidden ----------------------------------------------------------------------------------------


class ConsentRequired(Forbidden):
    code = "consent_required"
    message = "The person must agree first."


class AccessDenied(Forbidden):
    code = "access_denied"
    message = "The person refused."


class InsufficientScope(Forbidden):
    code = "insufficient_scope"
    message = "The access token does not carry a scope that allows this."


class InsufficientPermission(Forbidden):
    code = "insufficient_permission"
    message = "None of your roles allows this."


class UnauthorizedClient(Forbidden):
    code = "unauthorized_client"
    message = "This client may not use this grant type."


class RegistrationClosed(Forbidden):
    code = "registration_closed"
    message = "Registration is closed. Ask an administrator for an account."


class ClientRegistrationClosed(Forbidden):
    code = "client_registration_closed"
    message = "Clients cannot register themselves here. Ask an administrator to register yours."


# NotFound -----------------------------------------------------------------------------------------


class UserNotFound(NotFound):
    code = "user_not_found"
    message = "There is no such user."


class RoleNotFound(NotFound):
    code = "role_not_found"
    message = "There is no such role."


class ClientNotFound(NotFound):
    code = "client_not_found"
    message = "There is no such client."


class ResourceServerNotFound(NotFound):
    code = "resource_server_not_found"
    message = "There is no such resource server."


class SessionNotFound(NotFound):
    code = "session_not_found"
    message = "There is no such session."


class ConsentNotFound(NotFound):
    code = "consent_not_found"
    message = "Nothing was granted to this client."


class JobNotFound(NotFound):
    code = "job_not_found"
    message = "There is no such job. Those that are done leave the queue at once."


# Conflict -----------------------------------------------------------------------------------------


class EmailTaken(Conflict):
    code = "email_taken"
    message = "There is an account with this e-mail address."


class RoleNameTaken(Conflict):
    code = "role_name_taken"
    message = "There is a role of this name."


class RoleIsBuiltIn(Conflict):
    code = "role_is_built_in"
    message = "A built-in role can be neither renamed nor deleted."


class ClientIdTaken(Conflict):
    code = "client_id_taken"
    message = "There is a client of this id."


class ClientIsBuiltIn(Conflict):
    code = "client_is_built_in"
    message = "The built-in client can be neither changed nor deleted."


class ResourceServerTaken(Conflict):
    code = "resource_server_taken"
    message = "There is a resource server of this audience."


class LastAdministrator(Conflict):
    code = "last_administrator"
    message = (
        "The last administrator can be neither removed nor disabled nor demoted. "
        "Appoint another one first."
    )


class JobNotRetriable(Conflict):
    code = "job_not_retriable"
    message = (
        "Only a job that was given up can be done again, and not while another one of the same "
        "task waits: that one does the same."
    )


# Rate limited -------------------------------------------------------------------------------------


class LockedOut(RateLimited):
    """Too many wrong passwords for this account from this network."""

    code = "too_many_failures"
    message = "Too many failed attempts. Wait and try again."
