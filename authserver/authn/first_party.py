"""The seed's facade: sign-in and refresh through the built-in first-party client."""

from dataclasses import dataclass

from authserver.actor import Actor
from authserver.authn.service import AuthnService
from authserver.clients.metadata import Client
from authserver.clients.service import ClientService
from authserver.errors import Unavailable
from authserver.tokens.authorization import TokenSet
from authserver.tokens.issued import count_issued
from authserver.tokens.service import TokenService

CLIENT_ID = "authserver"


@dataclass(frozen=True)
class FirstPartyFacade:
    """The same services as at ``/oauth2/token``, in another dialect."""

    authn: AuthnService
    tokens: TokenService
    clients: ClientService
    audience: str

    def login(self, email: str, password: str, actor: Actor) -> TokenSet:
        """Raises as :meth:`AuthnService.sign_in` does."""
        client = self._client()
        authorization = self.authn.sign_in(
            email,
            password,
            client=client,
            scope=client.scope,
            audience=(self.audience,),
            actor=actor,
        )
        return count_issued("password", self.tokens.issue(authorization))

    def refresh(self, refresh_token: str, actor: Actor) -> TokenSet:
        """Raises :class:`InvalidGrant`, and :class:`InvalidTarget` for a session that was begun
        under another audience of this server."""
        authorization = self.tokens.redeem(
            self._client(),
            refresh_token,
            scope=None,
            audience=None,
            allowed_audience=(self.audience,),
            actor=actor,
        )
        return count_issued("refresh_token", self.tokens.issue(authorization))

    def _client(self) -> Client:
        client = self.clients.find(CLIENT_ID)
        if client is None:
            raise Unavailable(detail="no built-in client: run `authserver bootstrap`")
        return client
