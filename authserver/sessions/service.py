"""Beginning, moving on, listing and ending sessions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from authserver.actor import Actor
from authserver.audit.events import Event
from authserver.audit.service import AuditService
from authserver.errors import InvalidCredentials, InvalidGrant, SessionNotFound
from authserver.ids import new_secret
from authserver.observability.metrics import REFRESH_REUSES
from authserver.sessions.models import RefreshSession
from authserver.sessions.repository import SessionRepository
from authserver.sessions.session import (
    LiveSession,
    Participant,
    RefreshHandle,
    SignIn,
    TokenHolder,
    TokenPerson,
)
from authserver.storage.batches import BATCH, in_batches
from authserver.storage.db import Database, Transaction

# Enough that nobody guesses it; the row keeps its digest only.
HANDLE_SECRET_BYTES = 16


@dataclass(frozen=True)
class SessionService:
    """The life of sessions. PostgreSQL is the only place that knows about it."""

    database: Database
    sessions: SessionRepository
    audit: AuditService

    def begin(self, sign_in: SignIn, actor: Actor) -> tuple[LiveSession, RefreshHandle]:
        """A new session, and the handle that its first refresh token is made of.

        Raises :class:`InvalidCredentials` when the user or the client was disabled or deleted, the
        user changed credentials or signed out of the browser after the credentials were checked,
        and when the id that was promised to the session is taken.
        """
        secret = new_secret(HANDLE_SECRET_BYTES)
        session = self.sessions.begin(sign_in, secret, actor.address, actor.user_agent)
        if session is None:
            raise InvalidCredentials(detail="the user or the client changed during the sign-in")
        return session, RefreshHandle(session.id, session.generation, secret)

    def rotate(
        self,
        handle: RefreshHandle,
        client_id: str,
        scope: Sequence[str] | None,
        audience: Sequence[str] | None,
        actor: Actor,
        allowed_audience: Sequence[str] | None = None,
    ) -> LiveSession:
        """The session, moved on by one generation (RFC 9700, section 4.14.2).

        It is not moved on when nothing of ``scope`` or of ``allowed_audience``, or not all of
        ``audience`` was granted; the caller sees that. Raises :class:`InvalidGrant` for a handle
        that is of no living session of the client, and after reuse, which ends the session.
        """
        asked = (handle, client_id, scope, audience, allowed_audience)
        # One that waited for a change of the password saw the session of after it beside the user
        # of before, who do not match: nothing was changed, and a second look sees both of after.
        outcome = self.sessions.rotate(*asked) or self.sessions.rotate(*asked)
        if outcome is None:
            raise InvalidGrant(detail="no living session")
        session, reused = outcome
        if reused:
            REFRESH_REUSES.of().add()
            self.audit.record_alone(
                Event.SESSION_REUSE_DETECTED,
                actor,
                user_id=session.user_id,
                client_id=client_id,
                detail={"session_id": str(session.id), "generation": handle.generation},
            )
            raise InvalidGrant(detail="reuse of a refresh token")
        return session

    def find(self, handle: RefreshHandle) -> LiveSession | None:
        """The session whose present refresh token the handle is; nothing is changed."""
        return self.sessions.find(handle)

    def is_alive(self, session_id: UUID, jti: str) -> bool:
        """Whether an access token and its session live."""
        return self.sessions.is_alive(session_id, jti)

    def find_holder(self, session_id: UUID, jti: str) -> TokenHolder | None:
        """Whom an access token stands for and what they may do, if it and its session live."""
        return self.sessions.find_holder(session_id, jti)

    def find_person(self, session_id: UUID, jti: str) -> TokenPerson | None:
        """Whom an access token stands for and what is told of them, if it and its session live."""
        return self.sessions.find_person(session_id, jti)

    def is_access_token_revoked(self, jti: str) -> bool:
        """Whether the access token was revoked by itself."""
        return self.sessions.is_access_token_revoked(jti)

    def end(self, session_id: UUID, reason: str, actor: Actor) -> bool:
        """End a session; whether there was one to end."""
        with self.database.transaction() as tx:
            ended = self.sessions.end(tx, session_id, reason)
            if ended is not None:
                self._record_end(tx, ended, reason, actor)
        return ended is not None

    def end_of_client(
        self, handle: RefreshHandle, client_id: str, reason: str, actor: Actor
    ) -> None:
        """End the session of a refresh token, whatever its generation, if it is the client's."""
        with self.database.transaction() as tx:
            session = self.sessions.lock(tx, handle, client_id)
            if session is not None:
                self.sessions.end(tx, session.id, reason)
                self._record_end(tx, session, reason, actor)

    def end_of_user(self, user_id: UUID, session_id: UUID, actor: Actor) -> None:
        """End one session of a user. Raises :class:`SessionNotFound`."""
        with self.database.transaction() as tx:
            session = self.sessions.find_of_user(tx, user_id, session_id)
            if session is not None:
                self.sessions.end(tx, session_id, "ended")
                self._record_end(tx, session, "ended", actor)
        if session is None:
            raise SessionNotFound

    def end_of_browser(
        self, tx: Transaction, browser_session_ids: Sequence[UUID]
    ) -> list[Participant]:
        """End the sessions that browser sessions have brought about, but those of offline access.

        Answers whose they were, those that live on among them.
        """
        return self.sessions.end_of_browser(tx, browser_session_ids)

    def participants_of_browser(
        self, tx: Transaction, browser_session_ids: Sequence[UUID]
    ) -> list[Participant]:
        """Who has a session of these that has not ended; nothing is ended."""
        return self.sessions.participants_of_browser(tx, browser_session_ids)

    def browser_session_of(self, tx: Transaction, session_id: UUID) -> UUID | None:
        """The browser session that a session came from, if it came from one."""
        return self.sessions.browser_session_of(tx, session_id)

    def end_at_client(self, tx: Transaction, user_id: UUID, client_id: str, reason: str) -> int:
        """End all sessions of a user at one client; how many. The caller records why."""
        return self.sessions.end_all(tx, user_id, reason, client_id=client_id)

    def end_all(self, user_id: UUID, reason: str, actor: Actor) -> int:
        """End all sessions of a user; how many that were."""
        with self.database.transaction() as tx:
            return self.end_all_in(tx, user_id, reason, actor)

    def end_all_in(
        self, tx: Transaction, user_id: UUID, reason: str, actor: Actor, keep: UUID | None = None
    ) -> int:
        """The same in the caller's transaction, for all but the one to keep."""
        count = self.sessions.end_all(tx, user_id, reason, keep)
        detail = {"reason": reason, "count": count}
        self.audit.record(tx, Event.SESSION_ENDED, actor, user_id=user_id, detail=detail)
        return count

    def holders(self, tx: Transaction, after: UUID, limit: int) -> list[UUID]:
        """Users with sessions to end, those after ``after`` in the order of their ids."""
        return self.sessions.holders(tx, after, limit)

    def survive_password_change(
        self,
        tx: Transaction,
        user_id: UUID,
        session_id: UUID | None,
        credential_generation: int,
        actor: Actor,
    ) -> None:
        """Let one session live on after the change of password that its user made from it.

        All others end. It is done in the transaction of the change: there is no moment at which
        the session has the credential generation of another time than its user.
        """
        if session_id is not None:
            self.sessions.carry_over(tx, session_id, credential_generation)
        self.end_all_in(tx, user_id, "password_changed", actor, keep=session_id)

    def list_of_user(self, user_id: UUID, before: UUID | None, limit: int) -> list[RefreshSession]:
        """The living sessions of a user, the youngest first."""
        with self.database.transaction() as tx:
            return self.sessions.list_of_user(tx, user_id, before, limit)

    def revoke_access_token(
        self,
        jti: str,
        expires_at: datetime,
        client_id: str,
        actor: Actor,
        session_id: str | None = None,
    ) -> None:
        """Make one access token inactive for the rest of its life."""
        detail = {"jti": jti, "session_id": session_id}
        with self.database.transaction() as tx:
            self.sessions.revoke_access_token(tx, jti, expires_at)
            self.audit.record(tx, Event.TOKEN_REVOKED, actor, client_id=client_id, detail=detail)

    def remove_dead(self, batch: int = BATCH) -> int:
        """Delete what is of the past, a batch at a time; how many sessions that were."""
        ended = in_batches(self.sessions.remove_ended, batch)
        expired = in_batches(self.sessions.remove_expired, batch)
        in_batches(self.sessions.remove_revocations, batch)
        return ended + expired

    def _record_end(
        self, tx: Transaction, session: RefreshSession, reason: str, actor: Actor
    ) -> None:
        self.audit.record(
            tx,
            Event.SESSION_ENDED,
            actor,
            user_id=session.user_id,
            client_id=session.client_id,
            detail={"session_id": str(session.id), "reason": reason},
        )
