"""Queries on consents."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

import psycopg2
from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from authserver.clients.models import ClientRow
from authserver.consents.consent import Consent
from authserver.consents.models import ConsentRow
from authserver.errors import ClientNotFound, UserNotFound
from authserver.storage.db import Transaction
from authserver.storage.statements import Statement, Statements

_FIND = Statement(
    "find_consent",
    """
    SELECT c.client_id, c.client_name, s.scope, s.granted_at
    FROM consents s JOIN clients c ON c.client_id = s.client_id
    WHERE s.user_id = $1::uuid AND s.client_id = $2::text""",
    2,
)
# Two tabs may grant at once: neither takes back what the other one gave.
_UNION = text("ARRAY(SELECT DISTINCT unnest(consents.scope || excluded.scope) ORDER BY 1)")


@dataclass(frozen=True)
class ConsentRepository:
    """What each authorization needs by a prepared statement, the rest in a transaction."""

    hot: Statements

    def find(self, user_id: UUID, client_id: str) -> Consent | None:
        row = self.hot.one(_FIND, user_id, client_id)
        return Consent(row[0], row[1], frozenset(row[2]), row[3]) if row else None

    def grant(
        self, tx: Transaction, user_id: UUID, client_id: str, scope: Collection[str]
    ) -> Sequence[str]:
        """Add to what was granted before; all of it. Raises UserNotFound and ClientNotFound."""
        row = insert(ConsentRow).values(user_id=user_id, client_id=client_id, scope=sorted(scope))
        united = row.on_conflict_do_update(
            index_elements=[ConsentRow.user_id, ConsentRow.client_id],
            set_={"scope": _UNION, "granted_at": func.now()},
        ).returning(ConsentRow.scope)
        try:
            granted: Sequence[str] = tx.scalars(united).one()
        except IntegrityError as error:
            violated = _violated(error)
            if violated == "fk_consents_user_id_users":
                raise UserNotFound from error
            if violated == "fk_consents_client_id_clients":
                raise ClientNotFound from error
            raise
        return granted

    def granted(self, tx: Transaction, user_id: UUID, client_id: str) -> Sequence[str]:
        """What the user has granted to the client so far."""
        row = tx.get(ConsentRow, (user_id, client_id))
        return row.scope if row else []

    def remove(self, tx: Transaction, user_id: UUID, client_id: str) -> Sequence[str] | None:
        """What was granted, if there was a consent."""
        removed: Sequence[str] | None = tx.scalar(
            delete(ConsentRow)
            .where(ConsentRow.user_id == user_id, ConsentRow.client_id == client_id)
            .returning(ConsentRow.scope)
        )
        return removed

    def list(self, tx: Transaction, user_id: UUID, after: str | None, limit: int) -> list[Consent]:
        """What a user has granted, by the ids of clients."""
        query = (
            select(ConsentRow, ClientRow.client_name)
            .join(ClientRow, ClientRow.client_id == ConsentRow.client_id)
            .where(ConsentRow.user_id == user_id)
            .order_by(ConsentRow.client_id)
            .limit(limit)
        )
        if after is not None:
            query = query.where(ConsentRow.client_id > after)
        return [
            Consent(row.client_id, name, frozenset(row.scope), row.granted_at)
            for row, name in tx.execute(query)
        ]


def _violated(error: IntegrityError) -> str | None:
    """The constraint that says no."""
    cause = error.orig
    return cause.diag.constraint_name if isinstance(cause, psycopg2.Error) else None
