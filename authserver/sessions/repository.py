"""Queries on sessions and on revoked access tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy import Select, func, literal, select, true, update
from sqlalchemy.dialects.postgresql import insert

from authserver.ids import digest, new_id
from authserver.sessions import statements
from authserver.sessions.models import RefreshSession, RevokedAccessToken
from authserver.sessions.session import (
    LiveSession,
    Participant,
    RefreshHandle,
    SignIn,
    TokenHolder,
    TokenPerson,
)
from authserver.storage.batches import Cleared
from authserver.storage.db import Transaction
from authserver.storage.statements import Row, Statement, Statements

# A session that has ended needs no row to be refused. It stays for a while for the record.
ENDED_KEPT = 86_400


@dataclass(frozen=True)
class Lifetimes:
    """In seconds, but for ``sessions_per_user``."""

    idle_ttl: int
    absolute_ttl: int
    refresh_leeway: int
    sessions_per_user: int


@dataclass(frozen=True)
class SessionRepository:
    """The hot path by prepared statements, the rest in the caller's transaction."""

    hot: Statements
    lifetimes: Lifetimes

    def begin(
        self, sign_in: SignIn, secret: str, address: str | None, user_agent: str | None
    ) -> LiveSession | None:
        """A new session, or None when the user or the client may not have one any more."""
        row = self.hot.one(
            statements.BEGIN,
            sign_in.user_id,
            sign_in.credential_generation,
            self.lifetimes.sessions_per_user,
            sign_in.session_id or new_id(),
            sign_in.client_id,
            digest(secret),
            " ".join(sorted(sign_in.scope)),
            list(sign_in.audience),
            sign_in.auth_time,
            sign_in.acr,
            list(sign_in.amr),
            address,
            user_agent,
            self.lifetimes.absolute_ttl,
            self.lifetimes.idle_ttl,
            sign_in.browser_session_id,
            orjson.dumps(sign_in.claims).decode() if sign_in.claims else None,
        )
        return _session(row) if row else None

    def rotate(
        self,
        handle: RefreshHandle,
        client_id: str,
        scope: Sequence[str] | None,
        audience: Sequence[str] | None,
        allowed_audience: Sequence[str] | None,
    ) -> tuple[LiveSession, bool] | None:
        """The session, and whether reuse has just ended it; None when it does not live."""
        row = self.hot.one(
            statements.ROTATE,
            handle.session_id,
            digest(handle.secret),
            client_id,
            handle.generation,
            self.lifetimes.refresh_leeway,
            self.lifetimes.idle_ttl,
            None if scope is None else list(scope),
            None if audience is None else list(audience),
            None if allowed_audience is None else list(allowed_audience),
        )
        return (_session(row), bool(row[-1])) if row else None

    def find(self, handle: RefreshHandle) -> LiveSession | None:
        """The session whose present refresh token the handle is."""
        row = self.hot.one(
            statements.FIND,
            handle.session_id,
            digest(handle.secret),
            handle.generation,
            self.lifetimes.idle_ttl,
        )
        return _session(row) if row else None

    def is_alive(self, session_id: UUID, jti: str) -> bool:
        """Whether neither the access token nor its session has ended."""
        return self.hot.one(statements.IS_ALIVE, *self._of_token(session_id, jti)) is not None

    def find_holder(self, session_id: UUID, jti: str) -> TokenHolder | None:
        """Whom the access token stands for; None when it or its session has ended."""
        row = self.hot.one(statements.HOLDER, *self._of_token(session_id, jti))
        return TokenHolder(row[0], tuple(row[1]), frozenset(row[2])) if row else None

    def find_person(self, session_id: UUID, jti: str) -> TokenPerson | None:
        """The same, for what is told of them."""
        row = self.hot.one(statements.PERSON, *self._of_token(session_id, jti))
        return TokenPerson(*row) if row else None

    def is_access_token_revoked(self, jti: str) -> bool:
        row = self.hot.one(statements.IS_REVOKED, jti)
        return row is not None and bool(row[0])

    def lock(self, tx: Transaction, handle: RefreshHandle, client_id: str) -> RefreshSession | None:
        """The client's session of which the handle is, or once was, a refresh token."""
        return tx.scalar(
            select(RefreshSession)
            .where(
                RefreshSession.id == handle.session_id,
                RefreshSession.secret_digest == digest(handle.secret),
                RefreshSession.client_id == client_id,
                RefreshSession.ended_at.is_(None),
            )
            .with_for_update()
        )

    def end(self, tx: Transaction, session_id: UUID, reason: str) -> RefreshSession | None:
        """The session that has been ended, or None when there was none to end."""
        ended = tx.scalars(
            update(RefreshSession)
            .where(RefreshSession.id == session_id, RefreshSession.ended_at.is_(None))
            .values(ended_at=func.now(), end_reason=reason)
            .returning(RefreshSession)
        )
        return ended.one_or_none()

    def end_all(
        self,
        tx: Transaction,
        user_id: UUID,
        reason: str,
        keep: UUID | None = None,
        client_id: str | None = None,
    ) -> int:
        """How many sessions of the user have been ended, at one client or at all of them.

        All but the one to keep.
        """
        ended = tx.scalars(
            update(RefreshSession)
            .where(
                RefreshSession.user_id == user_id,
                RefreshSession.ended_at.is_(None),
                RefreshSession.id != keep if keep else true(),
                RefreshSession.client_id == client_id if client_id else true(),
            )
            .values(ended_at=func.now(), end_reason=reason)
            .returning(RefreshSession.id)
        )
        return len(ended.all())

    def end_of_browser(
        self, tx: Transaction, browser_session_ids: Sequence[UUID]
    ) -> list[Participant]:
        """Client, user and browser session of all that came from these and have not ended.

        Those with offline_access live on: that is what it is for (OpenID Connect Core 1.0, 11).
        """
        found = self.participants_of_browser(tx, browser_session_ids)
        scopes = func.string_to_array(RefreshSession.scope, " ")
        tx.execute(
            update(RefreshSession)
            .where(
                RefreshSession.browser_session_id.in_(browser_session_ids),
                RefreshSession.ended_at.is_(None),
                literal("offline_access") != func.all(scopes),
            )
            .values(ended_at=func.now(), end_reason="sign_out")
        )
        return found

    def participants_of_browser(
        self, tx: Transaction, browser_session_ids: Sequence[UUID]
    ) -> list[Participant]:
        """The same, and nothing is ended."""
        participants = (
            select(
                RefreshSession.client_id, RefreshSession.user_id, RefreshSession.browser_session_id
            )
            .where(
                RefreshSession.browser_session_id.in_(browser_session_ids),
                RefreshSession.ended_at.is_(None),
            )
            .distinct()
        )
        found = tx.execute(participants)
        return [Participant(client, user, browser) for client, user, browser in found if browser]

    def browser_session_of(self, tx: Transaction, session_id: UUID) -> UUID | None:
        """The browser session that a session came from."""
        return tx.scalar(
            select(RefreshSession.browser_session_id).where(RefreshSession.id == session_id)
        )

    def holders(self, tx: Transaction, after: UUID, limit: int) -> list[UUID]:
        """Users with a session that has not ended, in the order of their ids."""
        living = RefreshSession.ended_at.is_(None)
        found = select(RefreshSession.user_id).where(living, RefreshSession.user_id > after)
        return list(tx.scalars(found.distinct().order_by(RefreshSession.user_id).limit(limit)))

    def carry_over(self, tx: Transaction, session_id: UUID, credential_generation: int) -> None:
        """Let one session survive a change of its user's credential generation."""
        tx.execute(
            update(RefreshSession)
            .where(RefreshSession.id == session_id)
            .values(credential_generation=credential_generation)
        )

    def find_of_user(
        self, tx: Transaction, user_id: UUID, session_id: UUID
    ) -> RefreshSession | None:
        return tx.scalar(self._living(user_id).where(RefreshSession.id == session_id))

    def list_of_user(
        self, tx: Transaction, user_id: UUID, before: UUID | None, limit: int
    ) -> list[RefreshSession]:
        """The living sessions of a user, the youngest first."""
        query = self._living(user_id).order_by(RefreshSession.id.desc()).limit(limit)
        if before is not None:
            query = query.where(RefreshSession.id < before)
        return list(tx.scalars(query))

    def _living(self, user_id: UUID) -> Select[RefreshSession]:
        idle = func.make_interval(0, 0, 0, 0, 0, 0, self.lifetimes.idle_ttl)
        return select(RefreshSession).where(
            RefreshSession.user_id == user_id,
            RefreshSession.ended_at.is_(None),
            RefreshSession.expires_at > func.now(),
            RefreshSession.rotated_at + idle > func.now(),
        )

    def revoke_access_token(self, tx: Transaction, jti: str, expires_at: datetime) -> None:
        tx.execute(
            insert(RevokedAccessToken)
            .values(jti=jti, expires_at=expires_at)
            .on_conflict_do_nothing()
        )

    def remove_expired(self, limit: int) -> Cleared:
        """Delete what is too old or has been idle for too long, of ``limit`` that may be."""
        return self._clear(statements.REVIEW, limit, self.lifetimes.idle_ttl)

    def remove_ended(self, limit: int) -> Cleared:
        """Delete sessions that ended a while ago."""
        return self._clear(statements.REMOVE_ENDED, limit, ENDED_KEPT)

    def remove_revocations(self, limit: int) -> Cleared:
        """Delete the revocations of access tokens that have expired since."""
        return self._clear(statements.REMOVE_REVOCATIONS, limit)

    def _of_token(self, session_id: UUID, jti: str) -> tuple[UUID, str, int]:
        return session_id, jti, self.lifetimes.idle_ttl

    def _clear(self, statement: Statement, *parameters: int) -> Cleared:
        ((looked_at, removed),) = self.hot.all(statement, *parameters)
        return Cleared(looked_at, removed)


def _session(row: Row) -> LiveSession:
    return LiveSession(
        id=row[0],
        user_id=row[1],
        client_id=row[2],
        generation=row[3],
        scope=frozenset(row[4].split()),
        audience=tuple(row[5]),
        auth_time=row[6],
        acr=row[7],
        amr=tuple(row[8]),
        expires_at=row[9],
        browser_session_id=row[10],
        claims=row[11],
        roles=tuple(row[12]),
    )
