"""What a process need not verify twice: one token is sent with many requests in its short life."""

import threading
from typing import Any

from authserver.ids import digest
from authserver.observability.metrics import CACHE_LOOKUPS
from authserver.signing.keys import LoadedKey

BOUND = 2048
_HITS, _MISSES = (CACHE_LOOKUPS.of("verified_tokens", outcome) for outcome in ("hit", "miss"))


class VerifiedTokens:
    """The claims of tokens whose signature was good, the ``bound`` latest.

    The same bytes under the same key stay as good as they were. Nothing else is concluded from
    having seen a token before: whether its key still counts, whether it has expired and whether it
    has been revoked is asked each time. Of the token a digest is kept: it opens nothing.
    """

    def __init__(self, bound: int = BOUND) -> None:
        self._bound = bound
        self._claims: dict[tuple[str, bytes], dict[str, Any]] = {}
        self._lock = threading.Lock()

    def find(self, key: LoadedKey, token: str) -> dict[str, Any] | None:
        """The claims, for the caller to keep."""
        claims = self._claims.get((key.kid, digest(token)))
        if claims is None:
            _MISSES.add()
            return None
        _HITS.add()
        return dict(claims)

    def add(self, key: LoadedKey, token: str, claims: dict[str, Any]) -> None:
        """Remember a token that was verified by the key. The oldest makes room."""
        with self._lock:
            if len(self._claims) >= self._bound:
                del self._claims[next(iter(self._claims))]
            self._claims[key.kid, digest(token)] = dict(claims)
