"""What may be used once is written down in one statement (RFC 7523, section 3, number 7).

PostgreSQL alone decides who came first, of however many processes: no memory of one, and no cache
that may forget.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from authserver.ids import digest
from authserver.storage.batches import BATCH, Cleared, in_batches
from authserver.storage.statements import Statement, Statements

# The clock of PostgreSQL, by which rows are cleared away, may be ahead of ours by so much.
_MARGIN = timedelta(seconds=120)

# $1 digest, $2 when it is of no use to anybody any more.
USE = Statement(
    "use_assertion",
    """
    INSERT INTO used_assertions (digest, expires_at) VALUES ($1::bytea, $2::timestamptz)
    ON CONFLICT DO NOTHING RETURNING TRUE""",
    2,
)

# $1 is the most rows that are looked at.
REMOVE = Statement(
    "remove_used_assertions",
    """
    WITH gone AS (
        DELETE FROM used_assertions WHERE digest = ANY (ARRAY(
            SELECT digest FROM used_assertions WHERE expires_at <= now()
            ORDER BY expires_at LIMIT $1::int FOR UPDATE SKIP LOCKED)) RETURNING digest
    )
    SELECT count(*) FROM gone""",
    1,
)


@dataclass(frozen=True)
class ReplayGuard:
    """Remembers what was used until nobody could use it again."""

    hot: Statements

    def use(self, client_id: str, identifier: str, expires_at: datetime) -> bool:
        """Whether this is the first use of what a client has given this identifier.

        Raises :class:`Unavailable` when PostgreSQL does not answer: who cannot tell must refuse.
        """
        # No client_id holds a line end: nobody can write one that makes another's digest.
        used = digest(f"{client_id}\n{identifier}")
        return self.hot.one(USE, used, expires_at + _MARGIN) is not None

    def remove_expired(self, batch: int = BATCH) -> int:
        """Delete what has expired, a batch at a time; how much that was."""
        return in_batches(self._remove, batch)

    def _remove(self, limit: int) -> Cleared:
        ((removed,),) = self.hot.all(REMOVE, limit)
        return Cleared(removed, removed)
