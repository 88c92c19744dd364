"""To whom an answer may go: the client and its redirect URI (RFC 6749, section 3.1.2.4).

Whatever is wrong until both are proven is shown to the person, and redirects nowhere.
"""

from dataclasses import dataclass, replace

from authserver.clients.metadata import Client
from authserver.clients.service import ClientService
from authserver.errors import AppError, InvalidRedirectUri, UnknownClient
from authserver.flows.authorization_request import AuthorizationRequest
from authserver.oauth.authorization.parameters import Parameters
from authserver.oauth.authorization.redirect_uris import is_registered
from authserver.oauth.authorization.response_modes import Target
from authserver.oauth.authorization.response_types import error_mode
from authserver.oauth.request_objects import RequestObjects

# Of an address that a stranger sent, so many characters are for the log.
_TOLD = 500


@dataclass(frozen=True)
class Proven:
    """A client, where its answer goes, and all that it asks for."""

    client: Client
    target: Target
    parameters: Parameters


class RefusedError(Exception):
    """An error that the client may be told of."""

    def __init__(self, proven: Proven, cause: AppError) -> None:
        super().__init__(str(cause))
        self.proven = proven
        self.cause = cause


@dataclass(frozen=True)
class Proof:
    """Finds the client, opens its request object, and compares its redirect URI."""

    clients: ClientService
    request_objects: RequestObjects

    def of(self, parameters: Parameters) -> Proven:
        """Raises :class:`RefusedError` for the client to hear of, all others for the person."""
        client = self._client(parameters.get("client_id"))
        sent = dict(parameters.values)
        if parameters.resources:
            # The one parameter that may be repeated goes the way of all others.
            sent["resource"] = " ".join(parameters.resources)
        try:
            values = self.request_objects.resolve(client, sent)
        except AppError as error:
            # The redirect URI beside a request object that does not open is as good as any.
            raise RefusedError(_proven(client, parameters), error) from error
        resources = tuple(values.pop("resource", "").split())
        return _proven(client, replace(parameters, values=values, resources=resources))

    def again(self, request: AuthorizationRequest) -> Client:
        """The client of a request on its way, if it may still have the answer there."""
        client = self._client(request.client_id)
        _check(client, request.redirect_uri)
        return client

    def _client(self, client_id: str | None) -> Client:
        client = self.clients.find(client_id) if client_id else None
        if client is None or not client.enabled:
            raise UnknownClient(hint="Look at the client_id.")
        return client


def _proven(client: Client, parameters: Parameters) -> Proven:
    uri = _check(client, parameters.get("redirect_uri"))
    mode = error_mode(parameters.get("response_mode"), parameters.get("response_type"))
    return Proven(client, Target(uri, mode), parameters)


def _check(client: Client, redirect_uri: str | None) -> str:
    if redirect_uri is None:
        raise InvalidRedirectUri(hint="The redirect_uri is missing.")
    if not is_registered(redirect_uri, client.redirect_uris):
        raise InvalidRedirectUri(
            hint="The redirect_uri is not one that the client registered.",
            detail=f"received {redirect_uri[:_TOLD]}, registered {', '.join(client.redirect_uris)}",
        )
    return redirect_uri
