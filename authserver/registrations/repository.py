"""Queries on initial access tokens. The database's clock decides about their end."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, not_, select, update

from authserver.registrations.models import InitialAccessToken
from authserver.storage.db import Transaction

_ALIVE = and_(InitialAccessToken.uses_left > 0, InitialAccessToken.expires_at > func.now())


@dataclass(frozen=True)
class InitialAccessTokenRepository:
    """All in the caller's transaction."""

    def add(
        self, tx: Transaction, digest: bytes, uses: int, ttl: int, note: str | None
    ) -> InitialAccessToken:
        """Add a token and forget those that are used up."""
        tx.execute(delete(InitialAccessToken).where(not_(_ALIVE)))
        ends: ColumnElement[datetime] = func.now() + timedelta(seconds=ttl)
        token = InitialAccessToken(digest=digest, expires_at=ends, uses_left=uses, note=note)
        tx.add(token)
        tx.flush()
        tx.refresh(token)
        return token

    def is_alive(self, tx: Transaction, digest: bytes) -> bool:
        query = select(InitialAccessToken.id).where(InitialAccessToken.digest == digest, _ALIVE)
        return tx.scalar(query) is not None

    def use(self, tx: Transaction, digest: bytes) -> UUID | None:
        """Take one of its uses, in one statement; its id, or None when there is none left."""
        statement = (
            update(InitialAccessToken)
            .where(InitialAccessToken.digest == digest, _ALIVE)
            .values(uses_left=InitialAccessToken.uses_left - 1)
            .returning(InitialAccessToken.id)
        )
        token_id: UUID | None = tx.scalar(statement)
        return token_id
