"""Passwords: how one is written down (RFC 8265), hashed and verified (RFC 9106, Argon2id).

A hash costs some 30 ms of a core and 19 MiB on purpose, so everything here is bounded: how many run
at once, how many wait, and how long a password may be. Which passwords may be chosen is the
business of ``password_policy``.
"""

import os
import queue
import secrets
import unicodedata
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import argon2
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from authserver import errors, turns
from authserver.observability.metrics import HASHES_REFUSED

MAXIMUM_LENGTH = 128

# One character of NFC comes from four at most, so that anything longer is too long without looking
# at it.
_LONGEST_SPELLING = 4 * MAXIMUM_LENGTH
# Control characters, halves of surrogate pairs (JSON can carry them, UTF-8 cannot), separators of
# lines and paragraphs.
_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
_SPACE = "Zs"
_SALT_BYTES = 16
_HASH_BYTES = 32
# Of a core that hashes and requests fight for, hashes get a quarter.
_NICENESS = 5
_WAITING_PER_THREAD = 32

_Result = TypeVar("_Result")


def normalise(password: str) -> str:
    """The one spelling of a password, whichever keyboard wrote it.

    This is OpaqueString (RFC 8265, section 4.2.2), but for characters that Unicode may yet assign
    and invisible ones, which emoji need.

    Every kind of space becomes U+0020, then NFC; letters keep their case and nothing is trimmed or
    cut off. What is too long in any spelling is left as it is.
    """
    if password.isascii() or len(password) > _LONGEST_SPELLING:
        return password
    spaced = (" " if unicodedata.category(letter) == _SPACE else letter for letter in password)
    return unicodedata.normalize("NFC", "".join(spaced))


def has_forbidden_characters(password: str) -> bool:
    """Whether there is a control character, NUL among them, or what cannot be written as UTF-8."""
    return any(unicodedata.category(letter) in _FORBIDDEN_CATEGORIES for letter in password)


@dataclass(frozen=True)
class Argon2Parameters:
    """What one hash costs. The defaults are among OWASP's: 19 MiB, two passes, one lane."""

    memory_kib: int = 19456
    iterations: int = 2
    parallelism: int = 1


class Verification(NamedTuple):
    """Whether the password was right, and if so, whether its hash is of other parameters."""

    matches: bool
    needs_rehash: bool


_NO_MATCH = Verification(matches=False, needs_rehash=False)


class PasswordHasher:
    """Hashes and verifies on ``threads`` threads of its own; at most ``waiting`` callers wait.

    One caller more is refused with Unavailable at once: a storm of logins must neither use up the
    memory nor hold the threads that serve everybody else. Who passes on a number of either should
    know how many threads the process has for requests.
    """

    def __init__(
        self,
        parameters: Argon2Parameters | None = None,
        *,
        threads: int | None = None,
        waiting: int | None = None,
    ) -> None:
        parameters = parameters or Argon2Parameters()
        self._argon2 = argon2.PasswordHasher(
            time_cost=parameters.iterations,
            memory_cost=parameters.memory_kib,
            parallelism=parameters.parallelism,
            hash_len=_HASH_BYTES,
            salt_len=_SALT_BYTES,
        )
        self._threads = threads or cores()
        self._waiting = self._threads * _WAITING_PER_THREAD if waiting is None else waiting
        self._dummy = self._argon2.hash(secrets.token_bytes(_HASH_BYTES))
        self._open()
        _reopen_after_fork(self)

    @contextmanager
    def place(self) -> Iterator["HashingPlace"]:
        """A place among those who hash and those who wait, held until the end of the block.

        Raises Unavailable if there is none.
        """
        places = self._places
        try:
            places.get_nowait()
        except queue.Empty as error:
            HASHES_REFUSED.of().add()
            raise errors.Unavailable(
                retry_after=1,
                detail=f"{self._threads} passwords are being hashed and {self._waiting} wait.",
            ) from error
        try:
            yield HashingPlace(self._argon2, self._dummy, self._pool)
        finally:
            places.put(None)

    @property
    def load(self) -> tuple[int, int]:
        """How many places are taken by those who hash, and how many by those who wait."""
        taken = max(0, self._threads + self._waiting - self._places.qsize())
        running = min(taken, self._threads)
        return running, taken - running

    def hash(self, password: str) -> str:
        """As :meth:`HashingPlace.hash`, at a place of its own. Raises Unavailable as well."""
        with self.place() as place:
            return place.hash(password)

    def verify(self, encoded: str | None, password: str) -> Verification:
        """As :meth:`HashingPlace.verify`, at a place of its own. Raises Unavailable."""
        with self.place() as place:
            return place.verify(encoded, password)

    def warm(self) -> None:
        """Start all threads, by a hash on each, so that the first sign-in does not wait for it."""
        secret = secrets.token_bytes(_HASH_BYTES)
        hashes = [self._pool.submit(self._argon2.hash, secret) for _ in range(self._threads)]
        for hashed in hashes:
            hashed.result()

    def _open(self) -> None:
        # The pool starts its threads one by one, and none before there is work for it.
        self._pool = ThreadPoolExecutor(
            self._threads, thread_name_prefix="passwords", initializer=_stand_back
        )
        self._places: queue.SimpleQueue[None] = queue.SimpleQueue()
        for _ in range(self._threads + self._waiting):
            self._places.put(None)


@dataclass(frozen=True)
class HashingPlace:
    """Where one caller has passwords hashed, one after the other."""

    argon2: argon2.PasswordHasher
    dummy: str
    pool: ThreadPoolExecutor

    def hash(self, password: str) -> str:
        """The encoded hash of a password that the policy has accepted.

        Raises ValueError for what could never be verified.
        """
        secret = _secret(password)
        if secret is None:
            raise ValueError(
                "Ask the password policy first: this password could never be verified."
            )
        return self._run(lambda: self.argon2.hash(secret))

    def verify(self, encoded: str | None, password: str) -> Verification:
        """Whether this is the password of the hash; None is the hash of somebody who has none.

        Every answer costs one hash, so that its time does not tell an unknown user from a known one
        (ASVS 6.3.8).
        """
        secret = _secret(password)
        if encoded is None or secret is None:
            return self._run(self._verify_dummy)
        return self._run(lambda: self._verify(encoded, secret))

    def _verify(self, encoded: str, secret: bytes) -> Verification:
        try:
            self.argon2.verify(encoded, secret)
            return Verification(True, self.argon2.check_needs_rehash(encoded))
        except VerifyMismatchError:
            return _NO_MATCH
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            # The stored hash is corrupt, and was found to be so before any hash was calculated.
            return self._verify_dummy()

    def _verify_dummy(self) -> Verification:
        with suppress(VerificationError):
            self.argon2.verify(self.dummy, b"")
        return _NO_MATCH

    def _run(self, job: Callable[[], _Result]) -> _Result:
        result = self.pool.submit(job)
        turns.pass_on()
        return result.result()


def _stand_back() -> None:
    """Where a core is wanted by others as well, hashes take the smaller part of it.

    On Linux a thread has a niceness of its own.
    """
    os.nice(_NICENESS)


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _secret(password: str) -> bytes | None:
    """The bytes that are hashed, all of them; None for what the policy always refuses."""
    text = normalise(password)
    if len(text) > MAXIMUM_LENGTH or has_forbidden_characters(text):
        return None
    return text.encode()


def _reopen_after_fork(hasher: PasswordHasher) -> None:
    """Give each child a pool of its own: it inherits its parent's without the threads.

    Without this a child would wait for ever if a password was hashed before the fork, say the first
    administrator's.
    """
    reference = weakref.ref(hasher)

    def reopen() -> None:
        survivor = reference()
        if survivor is not None:
            survivor._open()

    os.register_at_fork(after_in_child=reopen)
