"""Attempts to sign in counted, by what became of them."""

from collections.abc import Iterator
from contextlib import contextmanager

from authserver.errors import InvalidCredentials, LockedOut, RateLimited, Unavailable
from authserver.observability.metrics import SIGN_INS

# The more particular before the more general.
_OUTCOMES = (
    (LockedOut, SIGN_INS.of("locked")),
    (RateLimited, SIGN_INS.of("throttled")),
    (InvalidCredentials, SIGN_INS.of("failed")),
    (Unavailable, SIGN_INS.of("unavailable")),
)
_SUCCEEDED = SIGN_INS.of("succeeded")


@contextmanager
def counted_attempt() -> Iterator[None]:
    """The block is one attempt; what it raises says what became of it."""
    try:
        yield
    except (InvalidCredentials, RateLimited, Unavailable) as error:
        next(number for kind, number in _OUTCOMES if isinstance(error, kind)).add()
        raise
    _SUCCEEDED.add()
