"""Queries on browser sessions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select, tuple_, update

from authserver.actor import Actor
from authserver.browser_sessions import statements
from authserver.browser_sessions.browser_session import BrowserSession
from authserver.browser_sessions.cached import TOUCH_INTERVAL, Found
from authserver.browser_sessions.cookie import BrowserToken
from authserver.browser_sessions.models import BrowserSessionRow
from authserver.ids import new_id
from authserver.settings import Settings
from authserver.storage.batches import Cleared
from authserver.storage.db import Transaction
from authserver.storage.statements import Row, Statements
from authserver.users.models import User

# What has ended needs no row to be refused. It stays for a while for the record.
ENDED_KEPT = timedelta(days=1)


@dataclass(frozen=True)
class BrowserLifetimes:
    """In seconds, but for ``sessions_per_user``."""

    idle_ttl: int
    absolute_ttl: int
    sessions_per_user: int

    @classmethod
    def of(cls, settings: Settings) -> "BrowserLifetimes":
        return cls(
            idle_ttl=settings.browser_session_idle_ttl,
            absolute_ttl=settings.browser_session_absolute_ttl,
            sessions_per_user=settings.sessions_per_user,
        )


@dataclass(frozen=True)
class Proof:
    """How somebody has just shown who they are, and in which browser."""

    acr: str
    amr: tuple[str, ...]
    actor: Actor


class Locked(NamedTuple):
    """A row that a cookie names, for nobody else to change until the end of the transaction."""

    row: BrowserSessionRow
    alive: bool


@dataclass(frozen=True)
class BrowserSessionRepository:
    """Finding and clearing away by prepared statements, the rest in the caller's transaction.

    Rows are locked in the order of their ids, or two sign-outs could wait for each other.
    """

    hot: Statements
    lifetimes: BrowserLifetimes

    def find_all(self, tokens: Sequence[BrowserToken]) -> list[Found]:
        """Those of the tokens that are alive, in any order; once a minute, that they were seen."""
        digests = {token.session_id: token.digest for token in tokens}
        rows = self.hot.all(
            statements.FIND_ALL,
            list(digests),
            list(digests.values()),
            self.lifetimes.idle_ttl,
            self.lifetimes.absolute_ttl,
            TOUCH_INTERVAL,
        )
        due = [row[0] for row in rows if row[-1]]
        if due:
            self.hot.all(statements.TOUCH, due)
        return [_found(row, digests[row[0]]) for row in rows]

    def lock_user(self, tx: Transaction, user_id: UUID, generation: int) -> User | None:
        """The user, if enabled and of this credential generation; nobody deletes it meanwhile."""
        return tx.scalar(
            select(User)
            .where(User.id == user_id, User.enabled, User.credential_generation == generation)
            .with_for_update(read=True, key_share=True)
        )

    def lock_all(self, tx: Transaction, tokens: Sequence[BrowserToken]) -> dict[UUID, Locked]:
        """The rows of the tokens, but for those that have ended."""
        if not tokens:
            return {}
        keys = [(token.session_id, token.digest) for token in tokens]
        rows = tx.execute(
            select(BrowserSessionRow, self._alive())
            .join(User, User.id == BrowserSessionRow.user_id)
            .where(
                tuple_(BrowserSessionRow.id, BrowserSessionRow.secret_digest).in_(keys),
                BrowserSessionRow.ended_at.is_(None),
            )
            .order_by(BrowserSessionRow.id)
            .with_for_update(of=BrowserSessionRow, key_share=True)
        )
        return {row.id: Locked(row, alive) for row, alive in rows}

    def begin(
        self,
        tx: Transaction,
        user: User,
        row: BrowserSessionRow | None,
        secret_digest: bytes,
        proof: Proof,
    ) -> BrowserSession:
        """A new row, or the one that the user has in this browser, begun anew with all its times.

        The database's clock says when.
        """
        row = row or BrowserSessionRow(id=new_id(), user_id=user.id)
        row.secret_digest = secret_digest
        row.credential_generation = user.credential_generation
        row.acr, row.amr = proof.acr, list(proof.amr)
        row.address, row.user_agent = proof.actor.address, proof.actor.user_agent
        row.auth_time = row.seen_at = func.now()
        row.expires_at = func.now() + timedelta(seconds=self.lifetimes.absolute_ttl)
        tx.add(row)
        tx.flush()
        tx.refresh(row)
        return _value(row, user)

    def change_secrets(self, tx: Transaction, digests: dict[UUID, bytes]) -> None:
        """Give locked rows other secrets; the former are worth nothing from now on."""
        for session_id, secret_digest in digests.items():
            tx.execute(
                update(BrowserSessionRow)
                .where(BrowserSessionRow.id == session_id)
                .values(secret_digest=secret_digest)
            )

    def end(self, tx: Transaction, ids: Collection[UUID], reason: str) -> list[tuple[UUID, UUID]]:
        """Id and user of those that have been ended."""
        return self._end(tx, BrowserSessionRow.id.in_(ids), reason)

    def end_all(
        self, tx: Transaction, user_id: UUID, reason: str, keep: UUID | None
    ) -> list[tuple[UUID, UUID]]:
        """The same for all of a user but the one to keep."""
        theirs = BrowserSessionRow.user_id == user_id
        return self._end(tx, and_(theirs, BrowserSessionRow.id != keep) if keep else theirs, reason)

    def holders(self, tx: Transaction, after: UUID, limit: int) -> list[UUID]:
        """Users with a browser session that has not ended, in the order of their ids."""
        row = BrowserSessionRow
        found = select(row.user_id).where(row.ended_at.is_(None), row.user_id > after)
        return list(tx.scalars(found.distinct().order_by(row.user_id).limit(limit)))

    def carry_over(self, tx: Transaction, session_id: UUID, credential_generation: int) -> None:
        """Let one survive the change of its user's credential generation that has just been made.

        One that was dead by an earlier change stays dead.
        """
        tx.execute(
            update(BrowserSessionRow)
            .where(
                BrowserSessionRow.id == session_id,
                BrowserSessionRow.ended_at.is_(None),
                BrowserSessionRow.credential_generation == credential_generation - 1,
            )
            .values(credential_generation=credential_generation)
        )

    def find_of_user(
        self, tx: Transaction, user_id: UUID, session_id: UUID
    ) -> BrowserSessionRow | None:
        return tx.scalar(self._living(user_id).where(BrowserSessionRow.id == session_id))

    def list_of_user(
        self, tx: Transaction, user_id: UUID, before: UUID | None, limit: int
    ) -> list[BrowserSessionRow]:
        """The living browser sessions of a user, the youngest first."""
        query = self._living(user_id).order_by(BrowserSessionRow.id.desc()).limit(limit)
        if before is not None:
            query = query.where(BrowserSessionRow.id < before)
        return list(tx.scalars(query))

    def list_surplus(self, tx: Transaction, user_id: UUID) -> list[UUID]:
        """Those beyond the most that a user may have: who signed in there the longest ago."""
        newest = self._living(user_id).order_by(BrowserSessionRow.auth_time.desc())
        surplus = newest.offset(self.lifetimes.sessions_per_user)
        return [row.id for row in tx.scalars(surplus)]

    def remove_expired(self, limit: int) -> Cleared:
        """Delete up to ``limit`` rows whose time is over."""
        ((removed,),) = self.hot.all(statements.REMOVE_EXPIRED, limit)
        return Cleared(removed, removed)

    def _end(
        self, tx: Transaction, condition: ColumnElement[bool], reason: str
    ) -> list[tuple[UUID, UUID]]:
        living = (condition, BrowserSessionRow.ended_at.is_(None))
        ordered = select(BrowserSessionRow.id).where(*living).order_by(BrowserSessionRow.id)
        ids = tx.scalars(ordered.with_for_update(key_share=True)).all()
        ended = tx.execute(
            update(BrowserSessionRow)
            .where(BrowserSessionRow.id.in_(ids))
            .values(
                ended_at=func.now(),
                end_reason=reason,
                expires_at=func.least(BrowserSessionRow.expires_at, func.now() + ENDED_KEPT),
            )
            .returning(BrowserSessionRow.id, BrowserSessionRow.user_id)
        )
        return [(session_id, user_id) for session_id, user_id in ended]

    def _living(self, user_id: UUID) -> Select[BrowserSessionRow]:
        return (
            select(BrowserSessionRow)
            .join(User, User.id == BrowserSessionRow.user_id)
            .where(BrowserSessionRow.user_id == user_id, self._alive())
        )

    def _alive(self) -> ColumnElement[bool]:
        """As in ``statements``."""
        row = BrowserSessionRow
        return and_(
            User.enabled,
            User.credential_generation == row.credential_generation,
            row.ended_at.is_(None),
            row.expires_at > func.now(),
            row.seen_at + timedelta(seconds=self.lifetimes.idle_ttl) > func.now(),
            row.auth_time + timedelta(seconds=self.lifetimes.absolute_ttl) > func.now(),
        )


def _found(row: Row, secret_digest: bytes) -> Found:
    session = BrowserSession(
        id=row[0],
        user_id=row[1],
        email=row[2],
        full_name=row[3],
        credential_generation=row[4],
        auth_time=row[5],
        acr=row[6],
        amr=tuple(row[7]),
        expires_at=row[8],
    )
    return Found(session, secret_digest, version=row[9], seconds_left=row[10])


def _value(row: BrowserSessionRow, user: User) -> BrowserSession:
    return BrowserSession(
        id=row.id,
        user_id=user.id,
        email=user.email,
        full_name=user.full_name,
        credential_generation=row.credential_generation,
        auth_time=row.auth_time,
        acr=row.acr,
        amr=tuple(row.amr),
        expires_at=row.expires_at,
    )
