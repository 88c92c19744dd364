"""Scopes as they are asked for (RFC 6749, section 3.3)."""

import re

from authserver.errors import InvalidScope

_TOKENS = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*", re.ASCII)

# Scopes that speak of a person: they mean nothing for a client that acts for itself.
IDENTITY = frozenset({"openid", "profile", "email", "address", "phone", "offline_access"})


def parse_scope(text: str | None) -> frozenset[str] | None:
    """The scopes asked for, or None when none were. Raises :class:`InvalidScope`."""
    if text is None:
        return None
    if not _TOKENS.fullmatch(text):
        raise InvalidScope
    return frozenset(text.split(" "))


def grant_scope(asked: frozenset[str] | None, allowed: frozenset[str]) -> frozenset[str]:
    """What is granted: what is asked for, as far as it is allowed; all of it if nothing is asked.

    Raises :class:`InvalidScope` when nothing of what is asked for is allowed.
    """
    if asked is None:
        return allowed
    granted = asked & allowed
    if not granted:
        raise InvalidScope
    return granted
