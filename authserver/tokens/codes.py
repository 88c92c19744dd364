"""Authorization codes, from the moment they come back (RFC 6749, section 4.1.3)."""

from collections.abc import Sequence
from dataclasses import dataclass

from authserver.actor import Actor
from authserver.audit.events import Event
from authserver.audit.service import AuditService
from authserver.clients.metadata import Client
from authserver.errors import InvalidCredentials, InvalidGrant, InvalidScope, InvalidTarget
from authserver.flows.authorization_code import AuthorizationCode
from authserver.flows.service import FlowService
from authserver.observability.metrics import CODE_REUSES
from authserver.sessions.service import SessionService
from authserver.sessions.session import LiveSession, RefreshHandle, SignIn
from authserver.tokens.authorization import Authorization


@dataclass(frozen=True)
class CodeService:
    """Opens codes and spends each once: its session is inserted under the id that it names."""

    flows: FlowService
    sessions: SessionService
    audit: AuditService

    def open(self, client: Client, text: str) -> AuthorizationCode:
        """What the code says, if it is the client's. Raises :class:`InvalidGrant`.

        Another client's attempt leaves the code as it is: or else anybody who saw it could take
        it away from the client that it was made for.
        """
        code = self.flows.open_code(text)
        if code.client_id != client.client_id:
            raise InvalidGrant(detail="the code of another client")
        return code

    def redeem(
        self,
        client: Client,
        code: AuthorizationCode,
        text: str,
        *,
        audience: Sequence[str] | None,
        allowed_audience: Sequence[str],
        actor: Actor,
    ) -> Authorization:
        """The authorization that the code stands for. ``text`` is the code as it was sent.

        Raises :class:`InvalidGrant` when it was used before, which ends the session of then, or
        when the person may not have a session any more; :class:`InvalidScope` and
        :class:`InvalidTarget` when nothing is left of what was granted.
        """
        scope = code.scope & client.scope
        left = tuple(name for name in code.audience if name in allowed_audience)
        if not scope:
            raise InvalidScope
        if not left or not set(audience or ()) <= set(left):
            raise InvalidTarget
        session, handle = self._begin(code, scope, actor)
        return Authorization(
            client=client,
            subject=str(session.user_id),
            scope=session.scope,
            audience=left,
            session=session,
            handle=handle if client.check_grant_type("refresh_token") else None,
            nonce=code.nonce,
            code=text,
        )

    def spoil(self, code: AuthorizationCode, actor: Actor) -> None:
        """Use up a code that was presented with a wrong proof: nobody gets to guess twice."""
        self._begin(code, code.scope, actor)
        self.sessions.end(code.session_id, "wrong_proof", actor)

    def _begin(
        self, code: AuthorizationCode, scope: frozenset[str], actor: Actor
    ) -> tuple[LiveSession, RefreshHandle]:
        sign_in = SignIn(
            user_id=code.user_id,
            credential_generation=code.credential_generation,
            client_id=code.client_id,
            scope=scope,
            audience=code.audience,
            auth_time=code.auth_time,
            acr=code.acr,
            amr=code.amr,
            browser_session_id=code.browser_session_id,
            claims=code.claims,
            session_id=code.session_id,
        )
        try:
            return self.sessions.begin(sign_in, actor)
        except InvalidCredentials as error:
            self._end_earlier(code, actor)
            raise InvalidGrant(detail="used before, or nobody may use it") from error

    def _end_earlier(self, code: AuthorizationCode, actor: Actor) -> None:
        """RFC 6749, section 4.1.2: what was issued for a code that comes twice is revoked."""
        if self.sessions.end(code.session_id, "code_reuse", actor):
            CODE_REUSES.of().add()
            self.audit.record_alone(
                Event.CODE_REUSE_DETECTED,
                actor,
                user_id=code.user_id,
                client_id=code.client_id,
                detail={"session_id": str(code.session_id)},
            )
