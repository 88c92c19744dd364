"""What a logout request says, and what of it is proven (RP-Initiated Logout 1.0, section 2)."""

from dataclasses import dataclass

from authserver.browser_sessions.browser_session import BrowserSession
from authserver.clients.metadata import Client
from authserver.clients.service import ClientService
from authserver.errors import Invalid, InvalidToken
from authserver.flows.logout_request import LogoutFlows, LogoutRequest
from authserver.oauth.authorization.parameters import Parameters
from authserver.tokens.id_tokens import Hint, IdTokens
from authserver.tokens.subjects import Subjects

_MAX_LENGTHS = {
    "id_token_hint": 16_384,
    "client_id": 255,
    "post_logout_redirect_uri": 2048,
    "state": 2048,
    "logout_hint": 255,
    "ui_locales": 255,
}
_MAX_LOCALES = 10


@dataclass(frozen=True)
class ProvenLogout:
    """A request whose ``post_logout_redirect_uri`` is the client's own, and whose hint is ours."""

    request: LogoutRequest
    client: Client | None
    hint: Hint | None

    def named(
        self, accounts: tuple[BrowserSession, ...], subjects: Subjects
    ) -> tuple[BrowserSession, ...]:
        """The account that the hint speaks of, if it is signed in in this browser.

        By the sign-in or, where it has been renewed since, by the person.
        """
        client, hint = self.client, self.hint
        if client is None or hint is None:
            return ()
        same_sign_in = [a for a in accounts if subjects.sid(client.client_id, a.id) == hint.sid]
        same_person = [a for a in accounts if subjects.of(client, a.user_id) == hint.sub]
        return tuple((same_sign_in or same_person)[:1])


@dataclass(frozen=True)
class LogoutProof:
    """Reads requests. What is wrong is told to the person: nothing can be told to the client."""

    clients: ClientService
    id_tokens: IdTokens
    flows: LogoutFlows

    def of(self, parameters: Parameters) -> ProvenLogout:
        """Raises :class:`Invalid`."""
        _check_form(parameters)
        client = self._client(parameters.get("client_id"))
        hint = self._hint(parameters.get("id_token_hint"), client)
        if hint is not None:
            client = self._client(hint.client_id)
        request = self.flows.begin(
            client_id=client.client_id if client else None,
            post_logout_redirect_uri=_redirect_uri(parameters, client),
            state=parameters.get("state"),
            ui_locales=tuple((parameters.get("ui_locales") or "").split()[:_MAX_LOCALES]),
        )
        return ProvenLogout(request, client, hint)

    def _client(self, client_id: str | None) -> Client | None:
        client = self.clients.find(client_id) if client_id else None
        if client_id and (client is None or not client.enabled):
            raise Invalid(hint="The client is unknown or disabled.")
        return client

    def _hint(self, token: str | None, client: Client | None) -> Hint | None:
        if token is None:
            return None
        try:
            return self.id_tokens.read_hint(token, client)
        except InvalidToken as error:
            raise Invalid(
                hint="id_token_hint is not an ID token of this server for this client.",
                detail=error.detail,
            ) from error


def _check_form(parameters: Parameters) -> None:
    if parameters.repeated:
        raise Invalid(hint="Each parameter may be sent once.")
    for name, most in _MAX_LENGTHS.items():
        if len(parameters.get(name) or "") > most:
            raise Invalid(hint=f"{name} has at most {most} letters.")


def _redirect_uri(parameters: Parameters, client: Client | None) -> str | None:
    """Exactly one that the client registered (section 3); nothing is added and nothing left out."""
    uri = parameters.get("post_logout_redirect_uri")
    if uri is None:
        return None
    if client is None:
        raise Invalid(
            hint="post_logout_redirect_uri needs an id_token_hint or a client_id beside it."
        )
    if uri not in client.post_logout_redirect_uris:
        raise Invalid(hint="The post_logout_redirect_uri is not one that the client registered.")
    return uri
