"""Setting and checking passwords, and slowing down who guesses them."""

from collections.abc import Sequence
from dataclasses import dataclass

from authserver.credentials.password_policy import PasswordPolicy
from authserver.credentials.passwords import PasswordHasher, Verification
from authserver.credentials.repository import SignInAttemptRepository
from authserver.errors import LockedOut
from authserver.storage.rate_limits import Limit, RateLimits

# A stranger's wait after too many failures for an account from everywhere together.
_STRANGERS_WAIT = 60


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

    def rehash(self, password: str) -> str:
        """A hash with today's parameters of a password that was right."""
        return self.hasher.hash(password)

    def check_lockout(self, account: str, network: str) -> None:
        """Raises :class:`LockedOut` while no password is tried, not even the right one.

        The answer is the same for accounts that do not exist.
        """
        attempts = self.attempts.find(account, network)
        if attempts.wait:
            raise LockedOut(attempts.wait)
        if not attempts.known and self.limits.is_exhausted(
            self.lockout.account_limit, "account", account
        ):
            raise LockedOut(_STRANGERS_WAIT)

    def record_failure(self, account: str, network: str) -> bool:
        """Count a wrong password; whether that was one too many."""
        self.limits.wait(self.lockout.account_limit, "account", account)
        return self.attempts.record_failure(
            account, network, self.lockout.threshold, self.lockout.ttl
        )

    def record_success(self, account: str, network: str) -> None:
        """Forget the failures, and remember the network."""
        self.attempts.record_success(account, network)
