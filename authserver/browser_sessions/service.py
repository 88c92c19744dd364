"""Beginning, finding, switching and ending browser sessions."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from authserver.actor import Actor
from authserver.audit.events import Event
from authserver.audit.service import AuditService
from authserver.browser_sessions.browser_session import BrowserSession
from authserver.browser_sessions.cached import BrowserSessionCache, Found
from authserver.browser_sessions.cookie import (
    MOST_ACCOUNTS,
    BrowserToken,
    parse_cookie,
    write_cookie,
)
from authserver.browser_sessions.models import BrowserSessionRow
from authserver.browser_sessions.repository import BrowserSessionRepository, Locked, Proof
from authserver.errors import InvalidCredentials, SessionNotFound
from authserver.ids import digest, new_secret
from authserver.storage.batches import BATCH, in_batches
from authserver.storage.db import Database, Transaction
from authserver.users.models import User
from authserver.users.user import SignInUser


@dataclass(frozen=True)
class BrowserSessionService:
    """The accounts of browsers. PostgreSQL is the truth; the cache holds copies to be shown."""

    database: Database
    browser_sessions: BrowserSessionRepository
    cache: BrowserSessionCache
    audit: AuditService

    def find_all(self, cookie: str | None) -> tuple[BrowserSession, ...]:
        """The living accounts of a cookie, the active one first.

        They may be as old as the cache allows: enough for what is shown. A cookie that is none
        costs no query, and any other at most one statement, but for one more in a minute.
        """
        tokens = parse_cookie(cookie)
        known = {token.session_id: self.cache.find(token) for token in tokens}
        fetched = self._fetch([token for token in tokens if known[token.session_id] is None])
        for found in fetched:
            self.cache.put(found)
        return _in_order(tokens, known | _by_id(fetched))

    def find_all_now(self, cookie: str | None) -> tuple[BrowserSession, ...]:
        """The same at this moment, for what changes something, and for who gets an answer.

        One account costs less so than two questions to the cache.
        """
        tokens = parse_cookie(cookie)
        return _in_order(tokens, _by_id(self._fetch(tokens)))

    def begin(
        self, user: SignInUser, acr: str, amr: tuple[str, ...], cookie: str | None, actor: Actor
    ) -> tuple[BrowserSession, str]:
        """Sign a user, who has been authenticated, in to the browser of a cookie.

        Answers the browser session and the cookie's new value. All its secrets are new: whatever
        was in the cookie before, and whoever put it there, is worth nothing now (CVE-2024-7341).
        An account that was signed in already keeps its id, so that its applications are still told
        of the sign-out. Of six accounts the last one is no longer named. Raises
        :class:`InvalidCredentials` when the user changed after the credentials were checked.
        """
        tokens = parse_cookie(cookie)
        proof = Proof(acr, amr, actor)
        with self.database.transaction() as tx:
            # The rows before the user: whoever deletes the user needs the rows first as well.
            locked = self.browser_sessions.lock_all(tx, tokens)
            holder = self.browser_sessions.lock_user(tx, user.id, user.credential_generation)
            begun = self._begin(tx, holder, tokens, locked, proof) if holder else None
        self.cache.forget(*(token.session_id for token in tokens))
        if begun is None:
            raise InvalidCredentials(detail="the user changed during the sign-in")
        return begun

    def activate(self, cookie: str | None, session_id: UUID) -> str:
        """The cookie with another of its accounts in front. Raises :class:`SessionNotFound`."""
        tokens = parse_cookie(cookie)
        if session_id not in {token.session_id for token in tokens}:
            raise SessionNotFound
        return write_cookie(sorted(tokens, key=lambda token: token.session_id != session_id))

    def without(self, cookie: str | None, ids: Collection[UUID]) -> str | None:
        """The cookie without some of its accounts; None when there is no other."""
        kept = [token for token in parse_cookie(cookie) if token.session_id not in ids]
        return write_cookie(kept) if kept else None

    def list_surplus(self, user_id: UUID, cookie: str | None, new_cookie: str) -> list[UUID]:
        """What a sign-in has left over: what its cookie no longer names, and what is too many.

        ``cookie`` is the value before it. Whoever asks ends them.
        """
        named = {token.session_id for token in parse_cookie(new_cookie)}
        dropped = [token for token in parse_cookie(cookie) if token.session_id not in named]
        with self.database.transaction() as tx:
            surplus = self.browser_sessions.list_surplus(tx, user_id)
        return [*surplus, *_by_id(self._fetch(dropped))]

    def end(self, tx: Transaction, ids: Collection[UUID], reason: str) -> list[tuple[UUID, UUID]]:
        """End browser sessions; id and user of those that have ended now.

        From here to the end of the transaction nobody begins a client's session of them, and
        nobody does after it. The caller calls :meth:`forget` after the transaction.
        """
        return self.browser_sessions.end(tx, ids, reason)

    def end_all(
        self, tx: Transaction, user_id: UUID, reason: str, keep: UUID | None = None
    ) -> list[tuple[UUID, UUID]]:
        """The same for all browser sessions of a user but the one to keep."""
        return self.browser_sessions.end_all(tx, user_id, reason, keep)

    def holders(self, tx: Transaction, after: UUID, limit: int) -> list[UUID]:
        """Users with browser sessions to end, those after ``after`` in the order of their ids."""
        return self.browser_sessions.holders(tx, after, limit)

    def carry_over(self, tx: Transaction, session_id: UUID, credential_generation: int) -> None:
        """Let one survive the change of password that its user has just made from it."""
        self.browser_sessions.carry_over(tx, session_id, credential_generation)

    def forget(self, ids: Collection[UUID]) -> None:
        """Let the cache forget browser sessions that have ended."""
        self.cache.forget(*ids)

    def belongs_to(self, tx: Transaction, user_id: UUID, session_id: UUID) -> bool:
        """Whether it is a living browser session of the user."""
        return self.browser_sessions.find_of_user(tx, user_id, session_id) is not None

    def list_of_user(
        self, user_id: UUID, before: UUID | None, limit: int
    ) -> list[BrowserSessionRow]:
        """The living browser sessions of a user, the youngest first."""
        with self.database.transaction() as tx:
            return self.browser_sessions.list_of_user(tx, user_id, before, limit)

    def remove_dead(self, batch: int = BATCH) -> int:
        """Delete what is of the past, a batch at a time; how many that were."""
        return in_batches(self.browser_sessions.remove_expired, batch)

    def _fetch(self, tokens: Sequence[BrowserToken]) -> list[Found]:
        return self.browser_sessions.find_all(tokens) if tokens else []

    def _begin(
        self,
        tx: Transaction,
        user: User,
        tokens: Sequence[BrowserToken],
        locked: Mapping[UUID, Locked],
        proof: Proof,
    ) -> tuple[BrowserSession, str]:
        own = next((each.row for each in locked.values() if _is_of(each, user)), None)
        others = [
            BrowserToken(token.session_id, new_secret())
            for token in tokens
            if token.session_id in locked
            and locked[token.session_id].alive
            and locked[token.session_id].row.user_id != user.id
        ][: MOST_ACCOUNTS - 1]
        secret = new_secret()
        session = self.browser_sessions.begin(tx, user, own, digest(secret), proof)
        self.browser_sessions.change_secrets(
            tx, {token.session_id: token.digest for token in others}
        )
        detail = {"browser_session_id": str(session.id), "amr": list(proof.amr)}
        self.audit.record(
            tx, Event.BROWSER_SESSION_STARTED, proof.actor, user_id=user.id, detail=detail
        )
        return session, write_cookie([BrowserToken(session.id, secret), *others])


def _is_of(locked: Locked, user: User) -> bool:
    """Whether the user was signed in there; who has just signed in may have been idle before."""
    row = locked.row
    return row.user_id == user.id and row.credential_generation == user.credential_generation


def _by_id(fetched: Sequence[Found]) -> dict[UUID, BrowserSession | None]:
    return {found.session.id: found.session for found in fetched}


def _in_order(
    tokens: Sequence[BrowserToken], known: dict[UUID, BrowserSession | None]
) -> tuple[BrowserSession, ...]:
    found = (known.get(token.session_id) for token in tokens)
    return tuple(session for session in found if session is not None)
