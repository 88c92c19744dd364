"""The successful answer: a code, tokens, or both (OpenID Connect Core 1.0, 3.1.2.5 to 3.3.2.5)."""

from collections.abc import Mapping
from dataclasses import dataclass

from authserver.actor import Actor
from authserver.browser_sessions.browser_session import BrowserSession
from authserver.clients.metadata import Client
from authserver.flows.authorization_code import AuthorizationCode
from authserver.flows.authorization_request import AuthorizationRequest
from authserver.flows.service import FlowService
from authserver.ids import new_id
from authserver.observability.metrics import TOKENS
from authserver.sessions.service import SessionService
from authserver.sessions.session import LiveSession, SignIn
from authserver.tokens.authorization import Authorization
from authserver.tokens.id_tokens import IdTokens
from authserver.tokens.service import TokenService


@dataclass(frozen=True)
class Issuing:
    """Makes what a response type is made of. No row is written for a code."""

    flows: FlowService
    sessions: SessionService
    tokens: TokenService
    id_tokens: IdTokens

    def answer(
        self, request: AuthorizationRequest, client: Client, account: BrowserSession, actor: Actor
    ) -> Mapping[str, str]:
        """The parameters of the answer, but those that every answer has.

        Raises :class:`InvalidCredentials` when the account has been signed out meanwhile.
        """
        parameters: dict[str, str] = {}
        if "code" in request.response_types:
            parameters["code"] = self.flows.seal_code(self._code(request, account))
        if not request.response_types.isdisjoint({"token", "id_token"}):
            parameters |= self._in_front(request, client, account, parameters.get("code"), actor)
        return parameters

    def _code(self, request: AuthorizationRequest, account: BrowserSession) -> AuthorizationCode:
        return AuthorizationCode(
            session_id=new_id(),
            client_id=request.client_id,
            redirect_uri=request.redirect_uri,
            user_id=account.user_id,
            credential_generation=account.credential_generation,
            browser_session_id=account.id,
            scope=request.scope,
            audience=request.audience,
            auth_time=account.auth_time,
            acr=account.acr,
            amr=account.amr,
            expires_at=self.flows.code_expiry(),
            nonce=request.nonce,
            code_challenge=request.code_challenge,
            claims=request.claims,
        )

    def _in_front(
        self,
        request: AuthorizationRequest,
        client: Client,
        account: BrowserSession,
        code: str | None,
        actor: Actor,
    ) -> dict[str, str]:
        """Tokens by way of the browser. They have a session of their own, never a refresh token."""
        session, _ = self.sessions.begin(_sign_in(request, account), actor)
        parameters: dict[str, str] = {}
        if "token" in request.response_types:
            parameters |= self._access_token(request, client, session)
        if "id_token" in request.response_types:
            parameters["id_token"] = self.id_tokens.issue(
                client,
                session,
                request.scope,
                nonce=request.nonce,
                access_token=parameters.get("access_token"),
                code=code,
                with_user_claims=request.response_type == "id_token",
            )
        for kind in ("access", "id"):
            if f"{kind}_token" in parameters:
                TOKENS.of("implicit", kind).add()
        return parameters

    def _access_token(
        self, request: AuthorizationRequest, client: Client, session: LiveSession
    ) -> dict[str, str]:
        """RFC 6749, section 4.2.2."""
        issued = self.tokens.issue_access(
            Authorization(
                client=client,
                subject=str(session.user_id),
                scope=session.scope,
                audience=request.audience[:1],
                session=session,
            )
        )
        return {
            "access_token": issued.access_token,
            "token_type": "Bearer",
            "expires_in": str(issued.expires_in),
            "scope": issued.scope,
        }


def _sign_in(request: AuthorizationRequest, account: BrowserSession) -> SignIn:
    return SignIn(
        user_id=account.user_id,
        credential_generation=account.credential_generation,
        client_id=request.client_id,
        scope=request.scope - {"offline_access"},
        audience=request.audience,
        auth_time=account.auth_time,
        acr=account.acr,
        amr=account.amr,
        browser_session_id=account.id,
        claims=request.claims,
    )
