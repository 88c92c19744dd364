"""Queries on the counters of sign-ins. One statement each: nothing is read before it is written."""

from dataclasses import dataclass

from authserver.credentials.models import BUCKETS
from authserver.ids import digest
from authserver.storage.statements import Statement, Statements

# Failures are forgotten after a quiet day; the longest wait is an hour.
_FIND = Statement(
    "find_sign_in_attempts",
    """
    SELECT coalesce(ceil(extract(epoch FROM greatest(locked_until - now(), interval '0')))::int, 0),
           succeeded_at > now() - interval '90 days'
    FROM sign_in_attempts WHERE bucket = $1::int""",
    1,
)
_FAIL = Statement(
    "record_failed_sign_in",
    """
    INSERT INTO sign_in_attempts AS a (bucket, failures, failed_at) VALUES ($1::int, 1, now())
    ON CONFLICT (bucket) DO UPDATE SET
        failures = CASE WHEN a.failed_at > now() - interval '1 day' THEN a.failures + 1 ELSE 1 END,
        failed_at = now(),
        locked_until = CASE
            WHEN a.failed_at > now() - interval '1 day' AND a.failures + 1 >= $2::int
            THEN now() + least(interval '1 hour', make_interval(
                secs => $3::int * 2 ^ least(a.failures + 1 - $2::int, 12))) END
    RETURNING locked_until IS NOT NULL""",
    3,
)
_SUCCEED = Statement(
    "record_sign_in",
    """
    INSERT INTO sign_in_attempts AS a (bucket, failures, succeeded_at) VALUES ($1::int, 0, now())
    ON CONFLICT (bucket) DO UPDATE SET failures = 0, locked_until = NULL, succeeded_at = now()
    WHERE a.failures > 0 OR a.succeeded_at IS NULL OR a.succeeded_at < now() - interval '1 day'""",
    1,
)


@dataclass(frozen=True, slots=True)
class Attempts:
    """``wait`` is in seconds; ``known``: this network has signed in to this account before."""

    wait: int
    known: bool


@dataclass(frozen=True)
class SignInAttemptRepository:
    """Counters by account and network."""

    hot: Statements

    def find(self, account: str, network: str) -> Attempts:
        row = self.hot.one(_FIND, _bucket(account, network))
        return Attempts(wait=row[0], known=bool(row[1])) if row else Attempts(0, known=False)

    def record_failure(self, account: str, network: str, threshold: int, ttl: int) -> bool:
        """Whether the pair is locked now."""
        row = self.hot.one(_FAIL, _bucket(account, network), threshold, ttl)
        return row is not None and bool(row[0])

    def record_success(self, account: str, network: str) -> None:
        self.hot.one(_SUCCEED, _bucket(account, network))


def _bucket(account: str, network: str) -> int:
    return int.from_bytes(digest(f"{account}\n{network}")[:4], "big") % BUCKETS
