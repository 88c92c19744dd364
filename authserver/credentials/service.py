"""Setting and checking passwords, and slowing down who guesses them."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from uuid import UUID

from authserver.credentials.password_policy import PasswordPolicy
from authserver.credentials.passwords import HashingPlace, PasswordHasher, Verification
from authserver.credentials.repository import Failure, SignInAttemptRepository
from authserver.errors import LockedOut
from authserver.storage.rate_limits import Limit, RateLimits


@dataclass(frozen=True)
class Lockout:
    """When guessing ends: ``threshold`` failures of one network, then ``ttl`` seconds, doubling;
    ``account_limit`` failures of all networks together."""

    threshold: int
    ttl: int
    account_limit: Limit


@dataclass(frozen=True)
class CredentialService:
    """Passwords.

    Guessing is counted for an account and a network together, so that nobody can lock somebody
    else out: the owner comes from another network. Against guessing from many networks there is
    a limit on the account as a whole, from which networks that have signed in before are exempt.
    """

    hasher: PasswordHasher
    policy: PasswordPolicy
    attempts: SignInAttemptRepository
    limits: RateLimits
    lockout: Lockout

    def hash_new(self, password: str, context: Sequence[str]) -> str:
        """The hash of a new password. Raises :class:`WeakPassword`.

        ``context`` is what the password may not be made of: address and name.
        """
        self.policy.check(password, context)
        return self.hasher.hash(password)

    def verify(self, encoded: str | None, password: str) -> Verification:
        """Whether the password is the one of the hash; as slow without a hash as with one."""
        return self.hasher.verify(encoded, password)

    def place(self) -> AbstractContextManager[HashingPlace]:
        """A place among those who have passwords checked, held until the end of the block.

        Raises :class:`Unavailable` when all are taken. Who takes one before all else costs nothing
        when turned away: no query, and no failure on the account.
        """
        return self.hasher.place()

    def check_lockout(self, account: str, network: str, user_id: UUID | None) -> None:
        """Raises :class:`LockedOut` while no password is tried, not even the right one.

        ``user_id`` is None for unknown accounts, for which the answer is the same. What is being
        tried at this moment is not counted yet: there are as many more guesses as places, no more.
        """
        shut_out = self.limits.is_exhausted(self.lockout.account_limit, "account", account)
        wait = self.attempts.wait(account, network, user_id, only_known=bool(shut_out))
        if wait != 0:
            raise LockedOut(self.lockout.ttl if wait is None else wait)

    def record_failure(self, account: str, network: str) -> Failure:
        """Count a wrong password, for the account from this network and as a whole."""
        self.limits.wait(self.lockout.account_limit, "account", account)
        return self.attempts.record_failure(
            account, network, threshold=self.lockout.threshold, ttl=self.lockout.ttl
        )

    def record_success(self, account: str, network: str, user_id: UUID) -> None:
        """Forget the failures, and remember the network."""
        self.attempts.record_success(account, network, user_id)
