"""New identifiers and secrets, the digests that we keep of secrets, and bytes as text."""

import base64
import hashlib
import re
import secrets
import time
from datetime import datetime
from uuid import UUID

SECRET_BYTES = 32
_CANONICAL = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NANOSECONDS_PER_MILLISECOND = 1_000_000


def new_id() -> UUID:
    """A UUID of version 7 (RFC 9562, section 5.7), so that ids sort by the time they were made.

    The twelve bits after the milliseconds hold their fraction (section 6.2, method 3).
    """
    milliseconds, rest = divmod(time.time_ns(), _NANOSECONDS_PER_MILLISECOND)
    fraction = (rest << 12) // _NANOSECONDS_PER_MILLISECOND
    value = (milliseconds & (1 << 48) - 1) << 80
    value |= 0x7 << 76 | fraction << 64
    value |= 0b10 << 62 | secrets.randbits(62)
    return UUID(int=value)


def first_id_of(moment: datetime) -> UUID:
    """The smallest UUID of version 7 of that millisecond: all that were made before are smaller."""
    milliseconds = int(moment.timestamp() * 1000)
    return UUID(int=(milliseconds & (1 << 48) - 1) << 80 | 0x7 << 76 | 0b10 << 62)


def parse_id(text: str) -> UUID | None:
    """The UUID written as ``text`` in its canonical form, or None if it is anything else."""
    return UUID(int=int(text.replace("-", ""), 16)) if _CANONICAL.fullmatch(text) else None


def new_secret(size: int = SECRET_BYTES) -> str:
    """A secret of ``size`` random bytes in base64url without padding."""
    return secrets.token_urlsafe(size)


def digest(secret: str | bytes) -> bytes:
    """SHA-256 of a secret that has enough entropy to need no slow hash: 32 bytes."""
    # JSON can carry halves of surrogate pairs: they are no reason to fail.
    data = secret.encode(errors="surrogatepass") if isinstance(secret, str) else secret
    return hashlib.sha256(data).digest()


def base64url(data: bytes) -> str:
    """Bytes as tokens and addresses carry them: without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def read_base64url(text: str) -> bytes:
    """The bytes that :func:`base64url` wrote. Raises ValueError for letters of another alphabet."""
    return base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
