"""Dynamic client registration (RFC 7591; OpenID Connect Registration 1.0) and its management
(RFC 7592)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from authserver.clients.metadata import Client
from authserver.errors import AppError, Invalid, InvalidToken, Unauthenticated
from authserver.http.json_body import load_json
from authserver.http.messages import JSON, NO_STORE, HttpRequest, HttpResponse, json_response
from authserver.http.principal import bearer_token
from authserver.http.throttle import Throttle
from authserver.oauth.errors import error_response
from authserver.oauth.software_statements import SoftwareStatements
from authserver.registrations.service import Registration, RegistrationService

# What says nothing to a client, because it cannot have it.
_OURS = frozenset({"first_party", "strict", "resource_server"})
# What holds although nobody said it.
_WITH_DEFAULTS = (
    "application_type",
    "subject_type",
    "id_token_signed_response_alg",
    "require_auth_time",
    "pkce",
)


@dataclass(frozen=True)
class RegistrationEndpoint:
    """``POST`` at its address registers a client; below it each client manages itself.

    ``failures`` counts tokens that were none, ``throttle`` what has been written: each costs rows.
    """

    registrations: RegistrationService
    statements: SoftwareStatements
    throttle: Throttle
    failures: Throttle
    address: str

    def register(self, request: HttpRequest) -> HttpResponse:
        """RFC 7591, section 3."""
        return self._answer(request, self._register)

    def manage(self, request: HttpRequest) -> HttpResponse:
        """RFC 7592, section 2."""
        return self._answer(request, self._manage)

    def _answer(
        self, request: HttpRequest, handle: Callable[[HttpRequest], HttpResponse]
    ) -> HttpResponse:
        try:
            self.failures.check(request.address)
            request.refuse_query()
            return handle(request)
        except AppError as error:
            if isinstance(error, InvalidToken) and _sent_token(request):
                self.failures.note(request.address)
            scheme = "Bearer" if isinstance(error, Unauthenticated) else "Basic"
            return error_response(error, request, scheme, token_sent=_sent_token(request))

    def _register(self, request: HttpRequest) -> HttpResponse:
        self.throttle.count(request.address)
        presented = _token(request) if _sent_token(request) else None
        asked = _metadata(request)
        made = self.registrations.register(request.actor(), presented, self.statements.apply(asked))
        return json_response(201, self._shown(made, asked))

    def _manage(self, request: HttpRequest) -> HttpResponse:
        client_id, presented = request.path.rpartition("/")[2], _token(request)
        actor = request.actor("client", client_id)
        if request.method == "DELETE":
            self.registrations.remove(actor, client_id, presented)
            return HttpResponse(204, b"", list(NO_STORE))
        if request.method == "PUT":
            self.throttle.count(request.address)
            asked = _metadata(request)
            changed = self.registrations.replace(
                actor, client_id, presented, self.statements.apply(asked)
            )
            return json_response(200, self._shown(changed, asked))
        client = self.registrations.read(client_id, presented)
        return json_response(200, self._shown(Registration(client, None, presented), {}))

    def _shown(self, registration: Registration, asked: dict[str, Any]) -> dict[str, Any]:
        """RFC 7591, section 3.2.1 and RFC 7592, section 3: all that was registered.

        A secret is shown when it is made; what we keep of it afterwards shows it to nobody.
        """
        client = registration.client
        members = {
            "client_id": client.client_id,
            "client_id_issued_at": int(client.created_at.timestamp()),
            "registration_access_token": registration.token,
            "registration_client_uri": f"{self.address}/{client.client_id}",
            **_registered(client),
        }
        if registration.secret is not None:
            members |= {"client_secret": registration.secret, "client_secret_expires_at": 0}
        if self.statements.publishers and "software_statement" in asked:
            members["software_statement"] = asked["software_statement"]
        return members


def _registered(client: Client) -> dict[str, Any]:
    registered = {name: getattr(client, name) for name in _WITH_DEFAULTS} | client.registered()
    return {
        name: value
        for name, value in registered.items()
        if name not in _OURS and value not in (None, [])
    }


def _metadata(request: HttpRequest) -> dict[str, Any]:
    """What the client says of itself. Raises :class:`Invalid`."""
    if request.content_type != JSON:
        raise Invalid(hint=f"Send the metadata as {JSON}.")
    value = load_json(request.body)
    if not isinstance(value, dict):
        raise Invalid(hint="Expected a JSON object.")
    return value


def _sent_token(request: HttpRequest) -> bool:
    return request.header("authorization") is not None


def _token(request: HttpRequest) -> str:
    """In the header and nowhere else. Raises :class:`InvalidToken`."""
    return bearer_token(request.header("authorization") or "")
