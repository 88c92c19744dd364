"""The public keys of clients, from their metadata or from their ``jwks_uri``.

A client rotates its keys when it likes (OpenID Connect Core 1.0, section 10.1.1): a key that we do
not know yet is looked for at once, but not as often as somebody invents one. What a client's own
server cannot tell for the moment, we remember for a while.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey

from authserver.clients.key_sets import MAX_KEYS, MAX_RSA_BITS, MIN_RSA_BITS
from authserver.clients.metadata import Client
from authserver.errors import ClientKeyNotFound, Invalid, Unavailable
from authserver.http.json_body import load_json
from authserver.http.outbound import (
    OutboundBusy,
    OutboundFailed,
    OutboundFetcher,
    OutboundRefused,
)

PublicKey = RSAKey | ECKey | OKPKey

# How long keys are used without a look at whether they are still published, ...
FRESH = 300.0
# ... and how long when that look fails.
STALE = 3600.0
# At most so many looks at one address in so many seconds; none so soon after one that failed.
BURST, WINDOW = 3, 30.0
PAUSE = 10.0
# Addresses that are remembered; the one that was not needed for longest goes first.
BOUND = 1000
# So many keys may be tried for one signature.
MOST_CANDIDATES = 10

_EC = {"ES256": "P-256"}
_RSA = ("RS256", "PS256", "RSA-OAEP-256")
_EDWARDS = ("EdDSA", "Ed25519")
_AGREEMENT_CURVES = ("P-256", "P-384", "P-521", "X25519")

log = structlog.get_logger(__name__)


@dataclass(eq=False)
class _Published:
    """What was found at one address, and when we looked. Its lock is held by whoever looks."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    keys: tuple[PublicKey, ...] = ()
    found_at: float = float("-inf")
    failed_at: float = float("-inf")
    looks: list[float] = field(default_factory=list)
    turn: int = 0

    def is_fresh(self, now: float) -> bool:
        return now < self.found_at + FRESH

    def usable(self, now: float) -> tuple[PublicKey, ...]:
        return self.keys if now < self.found_at + STALE else ()

    def may_look(self, now: float) -> bool:
        self.looks = [look for look in self.looks if now < look + WINDOW]
        return len(self.looks) < BURST and now >= self.failed_at + PAUSE


class ClientKeys:
    """Everybody's way to the keys of clients.

    ``waiting`` threads at most wait for one who looks already: others come back later.
    """

    def __init__(
        self,
        fetcher: OutboundFetcher,
        waiting: int = 4,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetcher = fetcher
        self._waiting = threading.BoundedSemaphore(waiting)
        self._monotonic = monotonic
        self._published: dict[str, _Published] = {}
        self._lock = threading.Lock()

    def find(
        self, client: Client, *, kid: str | None, alg: str, anew: bool = False
    ) -> list[PublicKey]:
        """The client's keys that may verify a signature by ``alg``, those named ``kid`` if given.

        ``anew`` asks for another look, because the keys known so far have failed. None is found
        where none is published, or where nobody answers. Call it outside of any transaction.
        Raises :class:`Unavailable` when too many wait for the same answer, or for any.
        """

        def suited(keys: Iterable[PublicKey]) -> list[PublicKey]:
            found = [key for key in keys if kid in (None, key.kid) and _verifies(key, alg)]
            return found[:MOST_CANDIDATES]

        return suited(self._keys(client, suited, anew=anew))

    def attempts(self, client: Client, *, kid: str | None, alg: str) -> Iterator[list[PublicKey]]:
        """As :meth:`find`: the keys that we know, and after those what is published by now.

        The second time only where the first did not look already.
        """
        turn = self._turn(client)
        yield self.find(client, kid=kid, alg=alg)
        if turn is not None and turn == self._turn(client):
            yield self.find(client, kid=kid, alg=alg, anew=True)

    def encryption_key(self, client: Client, alg: str) -> PublicKey:
        """The client's key to encrypt to by ``alg``; of several the first.

        Call it outside of any transaction. Raises :class:`ClientKeyNotFound`, and
        :class:`Unavailable` as :meth:`find` does.
        """

        def suited(keys: Iterable[PublicKey]) -> list[PublicKey]:
            return [key for key in keys if _encrypts(key, alg)]

        found = suited(self._keys(client, suited))
        if not found:
            raise ClientKeyNotFound(detail=f"no key of {client.client_id} for {alg}")
        return found[0]

    def _keys(
        self, client: Client, suited: Callable[[Iterable[PublicKey]], Any], *, anew: bool = False
    ) -> Sequence[PublicKey]:
        if client.jwks is not None:
            return _public_keys(client.jwks)
        if client.jwks_uri is None:
            return ()
        published = self._remembered(client.jwks_uri)
        turn, fresh = published.turn, published.is_fresh(self._monotonic())
        if fresh and suited(published.keys) and not anew:
            return published.keys
        return self._look(client.jwks_uri, published, turn)

    def _turn(self, client: Client) -> int | None:
        if client.jwks is not None or client.jwks_uri is None:
            return None
        return self._remembered(client.jwks_uri).turn

    def _remembered(self, uri: str) -> _Published:
        """The place of one address, which moves to the end: whoever comes first goes first."""
        with self._lock:
            published = self._published.pop(uri, None) or _Published()
            self._published[uri] = published
            while len(self._published) > BOUND:
                del self._published[next(iter(self._published))]
        return published

    def _look(self, uri: str, published: _Published, turn: int) -> Sequence[PublicKey]:
        """Look, unless we may not or somebody else has done so since that turn."""
        self._enter(published)
        try:
            now = self._monotonic()
            if published.turn == turn and published.may_look(now):
                self._fetch(uri, published)
            return published.usable(now)
        finally:
            published.lock.release()

    def _enter(self, published: _Published) -> None:
        if published.lock.acquire(blocking=False):
            return
        if not self._waiting.acquire(blocking=False):
            raise Unavailable(detail="too many wait for the keys of clients")
        try:
            published.lock.acquire()
        finally:
            self._waiting.release()

    def _fetch(self, uri: str, published: _Published) -> None:
        """What a stranger's server says is never repeated, not even in the log."""
        published.looks.append(self._monotonic())
        try:
            keys = _public_keys(load_json(self._fetcher.get(uri)))
        except OutboundBusy as error:
            # Nobody has looked: that says nothing about the other side, and who waits may try.
            published.looks.pop()
            published.turn -= 1
            if not published.usable(self._monotonic()):
                raise Unavailable(detail="too many calls to the servers of clients") from error
        except (OutboundFailed, OutboundRefused, Invalid) as error:
            published.failed_at = self._monotonic()
            reason = "not JSON" if isinstance(error, Invalid) else str(error)
            log.info("client_keys.unavailable", reason=reason)
        else:
            published.keys = keys
            published.found_at = self._monotonic()
        finally:
            # Only now: who came meanwhile wanted this answer, and not another one.
            published.turn += 1


def _public_keys(key_set: Any) -> tuple[PublicKey, ...]:
    """The keys that we can use; others are passed over (RFC 7517, section 5)."""
    written = key_set.get("keys") if isinstance(key_set, dict) else None
    if not isinstance(written, list):
        return ()
    keys = (_public_key(member) for member in written[:MAX_KEYS] if isinstance(member, dict))
    return tuple(key for key in keys if key is not None)


def _public_key(member: dict[str, Any]) -> PublicKey | None:
    """One key without its private part, should somebody have published that as well."""
    try:
        key = JWKRegistry.import_key(member)
        if not isinstance(key, RSAKey | ECKey | OKPKey) or not _is_sound(key):
            return None
        public = JWKRegistry.import_key(key.as_dict(private=False))
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return public if isinstance(public, RSAKey | ECKey | OKPKey) else None


def _is_sound(key: PublicKey) -> bool:
    """Neither so short that it is broken, nor so long that each use of it costs us dearly."""
    return not isinstance(key, RSAKey) or MIN_RSA_BITS <= key.public_key.key_size <= MAX_RSA_BITS


def _verifies(key: PublicKey, alg: str) -> bool:
    return _is_for(key, "sig", "verify") and _has_alg(key, alg) and _is_of_kind(key, alg)


def _encrypts(key: PublicKey, alg: str) -> bool:
    operations = ("wrapKey", "encrypt", "deriveKey", "deriveBits")
    return _is_for(key, "enc", *operations) and _has_alg(key, alg) and _is_of_kind(key, alg)


def _is_for(key: PublicKey, use: str, *operations: str) -> bool:
    """RFC 7517, sections 4.2 and 4.3: what is not said is not forbidden."""
    allowed = key.get("key_ops")
    return key.get("use") in (None, use) and (
        allowed is None or not set(operations).isdisjoint(allowed)
    )


def _has_alg(key: PublicKey, alg: str) -> bool:
    """RFC 7517, section 4.4; EdDSA and Ed25519 are two names of one algorithm (RFC 9864)."""
    wanted = _EDWARDS if alg in _EDWARDS else (alg,)
    return key.get("alg") in (None, *wanted)


def _is_of_kind(key: PublicKey, alg: str) -> bool:
    """Whether the algorithm works with keys of this kind (RFC 7518, sections 3.1 and 4.1)."""
    if alg in _RSA:
        return isinstance(key, RSAKey)
    if alg in _EC:
        return isinstance(key, ECKey) and key.curve_name == _EC[alg]
    if alg in _EDWARDS:
        return isinstance(key, OKPKey) and key.curve_name == "Ed25519"
    return isinstance(key, ECKey | OKPKey) and key.curve_name in _AGREEMENT_CURVES
