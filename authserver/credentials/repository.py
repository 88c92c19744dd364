"""Queries on sign-ins tried. One statement each: nothing is read before it is written."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from authserver.credentials.models import BUCKETS
from authserver.storage.statements import Statement, Statements

# Enough for home, work and what is in between.
_NETWORKS_PER_USER = 20

# $1 bucket, $2 whether strangers are shut out, $3 user or null, $4 network.
_CHECK = Statement(
    "check_sign_in_attempts",
    """
    SELECT coalesce((SELECT ceil(extract(epoch FROM locked_until - now()))::int
                     FROM sign_in_attempts WHERE bucket = $1::int AND locked_until > now()), 0),
           NOT $2::bool OR EXISTS (
               SELECT FROM known_networks WHERE user_id = $3::uuid AND network = $4::bytea
               AND seen_at > now() - interval '90 days')""",
    4,
)

# $1 bucket, $2 threshold, $3 first wait. Failures are forgotten after a quiet day; the longest
# wait is an hour.
_FAIL = Statement(
    "record_failed_sign_in",
    """
    INSERT INTO sign_in_attempts AS a (bucket, failures, tried_at) VALUES ($1::int, 1, now())
    ON CONFLICT (bucket) DO UPDATE SET
        failures = CASE WHEN a.tried_at > now() - interval '1 day' THEN a.failures + 1 ELSE 1 END,
        tried_at = now(),
        locked_until = CASE
            WHEN a.tried_at > now() - interval '1 day' AND a.failures + 1 >= $2::int
            THEN now() + least(interval '1 hour', make_interval(
                secs => $3::int * 2 ^ least(a.failures + 1 - $2::int, 12))) END
    RETURNING failures, locked_until IS NOT NULL""",
    3,
)

# $1 bucket, $2 user, $3 network, $4 the most networks that stay. Whoever is deleted meanwhile gets
# no row, and whom another sign-in of the same user tidies up after is left to that one.
_SUCCEED = Statement(
    "record_sign_in",
    """
    WITH forgiven AS (
        UPDATE sign_in_attempts SET failures = 0, locked_until = NULL WHERE bucket = $1::int
    ), known AS (
        INSERT INTO known_networks AS k (user_id, network)
        SELECT id, $3::bytea FROM users WHERE id = $2::uuid FOR KEY SHARE
        ON CONFLICT (user_id, network) DO UPDATE SET seen_at = now()
        WHERE k.seen_at < now() - interval '1 day'
    )
    DELETE FROM known_networks WHERE user_id = $2::uuid AND network IN (
        SELECT network FROM known_networks WHERE user_id = $2::uuid AND network <> $3::bytea
        ORDER BY seen_at DESC OFFSET $4::int - 1 FOR UPDATE SKIP LOCKED)""",
    4,
)


@dataclass(frozen=True, slots=True)
class Failure:
    """A wrong password: which one since the last success, and whether the next must wait now."""

    failures: int
    locks: bool


@dataclass(frozen=True)
class SignInAttemptRepository:
    """Counters by account and network, under keys that nobody foretells without ``secret``."""

    hot: Statements
    secret: Callable[[], bytes] = field(repr=False)

    def wait(
        self, account: str, network: str, user_id: UUID | None, *, only_known: bool
    ) -> int | None:
        """The seconds until a password may be tried: 0 for at once, None for not from here.

        ``only_known``: nobody may try but from a network where the user has signed in within the
        last ninety days. ``user_id`` is None for an unknown account.
        """
        bucket, tag = self._bucket(account, network), self._digest(network)
        # A SELECT of plain values has one row, always.
        seconds, welcome = self.hot.one(_CHECK, bucket, only_known, user_id, tag) or (0, True)
        return seconds if welcome else None

    def record_failure(self, account: str, network: str, *, threshold: int, ttl: int) -> Failure:
        """Count a wrong password."""
        row = self.hot.one(_FAIL, self._bucket(account, network), threshold, ttl)
        return Failure(*row) if row else Failure(0, locks=False)

    def record_success(self, account: str, network: str, user_id: UUID) -> None:
        """Forget the failures, and remember the network."""
        bucket, tag = self._bucket(account, network), self._digest(network)
        self.hot.one(_SUCCEED, bucket, user_id, tag, _NETWORKS_PER_USER)

    def _bucket(self, account: str, network: str) -> int:
        return int.from_bytes(self._digest(f"{account}\n{network}")[:4], "big") % BUCKETS

    def _digest(self, text: str) -> bytes:
        # JSON can carry halves of surrogate pairs: they are no reason to fail.
        return hmac.digest(self.secret(), text.encode(errors="surrogatepass"), hashlib.sha256)
