"""Signing out: the accounts of a browser, the sessions that came of them, and who must be told."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from authserver.actor import Actor
from authserver.audit.events import Event
from authserver.audit.service import AuditService
from authserver.browser_sessions.browser_session import BrowserSession
from authserver.browser_sessions.service import BrowserSessionService
from authserver.errors import SessionNotFound
from authserver.sessions.logout_notices import LogoutNotices
from authserver.sessions.service import SessionService
from authserver.sessions.session import Participant
from authserver.storage.batches import BATCH
from authserver.storage.db import Database, Transaction

SIGN_OUT = "sign_out"


@dataclass(frozen=True, slots=True)
class SignedOut:
    """What a sign-out has ended, and which clients took part.

    ``sessions`` of clients are counted only where all of a user have ended.
    """

    clients: tuple[Participant, ...]
    browser_sessions: int
    sessions: int = 0


@dataclass(frozen=True)
class SignOutService:
    """Ends browser sessions together with what clients have of them, in one transaction.

    Browser sessions come first: an authorization code is redeemed under a shared lock on one, so
    that no session of a client is born between the two steps, and none after them.
    """

    database: Database
    browser_sessions: BrowserSessionService
    sessions: SessionService
    audit: AuditService
    notices: LogoutNotices

    def sign_out(
        self, browser_sessions: Sequence[BrowserSession], actor: Actor, reason: str = SIGN_OUT
    ) -> SignedOut:
        """End these accounts of a browser, and their clients' sessions without offline_access.

        The clients in the answer are all that took part, those with offline access among them.
        """
        return self.end_browser_sessions([each.id for each in browser_sessions], reason, actor)

    def end_browser_sessions(self, ids: Collection[UUID], reason: str, actor: Actor) -> SignedOut:
        """The same by ids; what has ended before stays as it is."""
        with self.database.transaction() as tx:
            ended = self.browser_sessions.end(tx, ids, reason)
            participants = self.sessions.end_of_browser(tx, [session_id for session_id, _ in ended])
            signed_out = self._conclude(tx, ended, participants, reason, actor)
        self.browser_sessions.forget(ids)
        return signed_out

    def sign_out_of_browser(
        self, user_id: UUID, browser_session_id: UUID, actor: Actor
    ) -> SignedOut:
        """End one living browser session of a user. Raises :class:`SessionNotFound`."""
        with self.database.transaction() as tx:
            exists = self.browser_sessions.belongs_to(tx, user_id, browser_session_id)
        if not exists:
            raise SessionNotFound
        return self.end_browser_sessions([browser_session_id], "ended", actor)

    def sign_out_everywhere(self, user_id: UUID, reason: str, actor: Actor) -> SignedOut:
        """End all browser sessions and all sessions of a user, those with offline_access too."""
        with self.database.transaction() as tx:
            ended = self.browser_sessions.end_all(tx, user_id, reason)
            ids = [session_id for session_id, _ in ended]
            participants = self.sessions.participants_of_browser(tx, ids)
            count = self.sessions.end_all_in(tx, user_id, reason, actor)
            signed_out = self._conclude(tx, ended, participants, reason, actor, count)
        self.browser_sessions.forget(ids)
        return signed_out

    def sign_out_everyone(self, reason: str, actor: Actor) -> int:
        """The same for all users, one after another; how many sessions have ended.

        What begins meanwhile may live on: it is of somebody who has just signed in.
        """
        count, last = 0, UUID(int=0)
        while users := self._holders(last):
            for user_id in users:
                signed_out = self.sign_out_everywhere(user_id, reason, actor)
                count += signed_out.sessions + signed_out.browser_sessions
            last = users[-1]
        return count

    def _holders(self, after: UUID) -> list[UUID]:
        with self.database.transaction() as tx:
            found = {
                *self.sessions.holders(tx, after, BATCH),
                *self.browser_sessions.holders(tx, after, BATCH),
            }
        return sorted(found)[:BATCH]

    def survive_password_change(
        self,
        tx: Transaction,
        user_id: UUID,
        session_id: UUID | None,
        credential_generation: int,
        actor: Actor,
    ) -> SignedOut:
        """Let one session live on after the change of password that its user made from it.

        The browser that it came from stays signed in as well; all else ends. It is done in the
        transaction of the change; the caller lets the caches forget the user after it.
        """
        browser = session_id and self.sessions.browser_session_of(tx, session_id)
        if browser:
            self.browser_sessions.carry_over(tx, browser, credential_generation)
        reason = "password_changed"
        ended = self.browser_sessions.end_all(tx, user_id, reason, keep=browser or None)
        participants = self.sessions.participants_of_browser(tx, [each for each, _ in ended])
        self.sessions.survive_password_change(tx, user_id, session_id, credential_generation, actor)
        return self._conclude(tx, ended, participants, reason, actor)

    def shut_out(self, tx: Transaction, user_id: UUID, reason: str, actor: Actor) -> None:
        """End all browser sessions of a user whose account is disabled, deleted or reset.

        What clients have of them is dead by that already. It is done in the caller's transaction,
        who lets the caches forget the user after it (``users.sign_out``).
        """
        ended = self.browser_sessions.end_all(tx, user_id, reason)
        participants = self.sessions.participants_of_browser(tx, [each for each, _ in ended])
        self._conclude(tx, ended, participants, reason, actor)

    def _conclude(
        self,
        tx: Transaction,
        ended: Sequence[tuple[UUID, UUID]],
        participants: Sequence[Participant],
        reason: str,
        actor: Actor,
        sessions: int = 0,
    ) -> SignedOut:
        """Record what has ended and leave the notices, in the transaction that ends it."""
        self.notices.enqueue(tx, participants)
        for browser_session_id, user_id in ended:
            told = {
                each.client_id
                for each in participants
                if each.browser_session_id == browser_session_id
            }
            detail = {
                "browser_session_id": str(browser_session_id),
                "reason": reason,
                "clients": sorted(told),
            }
            self.audit.record(
                tx, Event.BROWSER_SESSION_ENDED, actor, user_id=user_id, detail=detail
            )
        return SignedOut(tuple(participants), len(ended), sessions)
