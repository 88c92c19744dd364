"""What the cookie of signed-in accounts says: up to five tokens, that of the active account first.

Reading it costs no query: what has not exactly this form names nobody.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from authserver.ids import digest

MOST_ACCOUNTS = 5
# An id in hexadecimal digits and a secret of 32 bytes in base64url, without anything between.
_TOKEN = "[0-9a-f]{32}[A-Za-z0-9_-]{43}"  # noqa: S105 - the form of a token, not one
_COOKIE = re.compile(rf"{_TOKEN}(?:\.{_TOKEN}){{0,{MOST_ACCOUNTS - 1}}}", re.ASCII)
_ID_LENGTH = 32


@dataclass(frozen=True, slots=True)
class BrowserToken:
    """What a browser holds of one browser session."""

    session_id: UUID
    secret: str = field(repr=False)

    @property
    def digest(self) -> bytes:
        return digest(self.secret)

    def __str__(self) -> str:
        return f"{self.session_id.hex}{self.secret}"


def parse_cookie(cookie: str | None) -> tuple[BrowserToken, ...]:
    """The tokens; none for a cookie of another form, and for one that names an account twice."""
    if cookie is None or not _COOKIE.fullmatch(cookie):
        return ()
    tokens = tuple(
        BrowserToken(UUID(text[:_ID_LENGTH]), text[_ID_LENGTH:]) for text in cookie.split(".")
    )
    return tokens if len({token.session_id for token in tokens}) == len(tokens) else ()


def write_cookie(tokens: Iterable[BrowserToken]) -> str:
    """The value that :func:`parse_cookie` reads."""
    return ".".join(map(str, tokens))
