"""The JWKS: the public keys by which others verify our tokens (RFC 7517, section 5)."""

from datetime import UTC, datetime

import orjson

from authserver.signing.keys import KeyRing

_NEVER = datetime.max.replace(tzinfo=UTC)


def jwks(ring: KeyRing, now: datetime) -> bytes:
    """The JWKS as JSON: the keys that sign, that will, and whose tokens may still be alive."""
    keys = [key.public_jwk for key in ring.published(now) if key.public_jwk is not None]
    return orjson.dumps({"keys": keys}, option=orjson.OPT_SORT_KEYS)


class JwksDocument:
    """Remembers the JWKS of a ring until one of its keys changes its state."""

    def __init__(self) -> None:
        self._last: tuple[KeyRing, datetime, datetime, bytes] | None = None

    def of(self, ring: KeyRing, now: datetime) -> bytes:
        """The JWKS of a ring: the same bytes as long as they are true."""
        last = self._last
        if last is not None and last[0] is ring and last[1] <= now < last[2]:
            return last[3]
        body = jwks(ring, now)
        self._last = (ring, now, ring.changes_at(now) or _NEVER, body)
        return body
