"""How each member of a client's metadata is read: its type, its default and its limits.

A reader takes what was sent, or None for nothing and for JSON's null, and gives back the value
in its one form.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from authserver.clients.response_types import canonical, supported_response_types
from authserver.clients.uris import BadURIError, check_web_uri, is_audience

MAX_ENTRIES = 50
MAX_TEXT = 255
MAX_SCOPE = 4096
AUTH_METHODS = (
    "none",
    "client_secret_basic",
    "client_secret_post",
    "client_secret_jwt",
    "private_key_jwt",
)

# RFC 6749, section 3.3.
_SCOPE_TOKEN = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]+")

# What shows nothing, or turns the text around it about: a name must not pass itself off as another
# one (RFC 7591, section 5; Unicode Technical Report 36, sections 2.5 and 2.7).
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Two joiners that some scripts need within a word, and what is a letter by its category and blank.
_LEFT_ASIDE = dict.fromkeys(map(ord, "\u200c\u200d\u115f\u1160\u2800\u3164\uffa0"))


class BadMemberError(ValueError):
    """What was sent for a member cannot be registered; its sentence says what was expected."""


@dataclass(frozen=True)
class Supported:
    """What this server can do, and a client may therefore register for.

    Among ``grant_types`` is ``implicit`` where the operator allows tokens in the front channel.
    """

    grant_types: tuple[str, ...]
    signing_algorithms: tuple[str, ...]
    unsigned_id_tokens: bool = False

    @property
    def front_channel_response_types(self) -> bool:
        """Whether the authorization endpoint itself may give tokens (RFC 9700, 2.1.2)."""
        return "implicit" in self.grant_types

    @property
    def response_types(self) -> tuple[str, ...]:
        return supported_response_types(self.front_channel_response_types)


Reader = Callable[[Any, Supported], Any]


def one_line(value: Any) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_TEXT or not _is_seen(value):
        raise BadMemberError(
            f"Expected 1 to {MAX_TEXT} characters that can be seen, none of them a control one."
        )
    return value


def _is_seen(text: str) -> bool:
    """Whether people see all of the text, and in the order in which it is written."""
    kinds = {unicodedata.category(letter) for letter in text.translate(_LEFT_ASIDE)}
    return kinds.isdisjoint(_UNSEEN) and any(kind[0] in "LNPS" for kind in kinds)


def strings(value: Any) -> list[str]:
    """The entries in the order in which they came, each once."""
    if value is None:
        return []
    if not isinstance(value, list | tuple) or not all(isinstance(entry, str) for entry in value):
        raise BadMemberError("Expected a list of strings.")
    if len(value) > MAX_ENTRIES:
        raise BadMemberError(f"Expected at most {MAX_ENTRIES} entries.")
    return list(dict.fromkeys(value))


def some_of(value: Any, allowed: tuple[str, ...]) -> list[str]:
    entries = strings(value)
    if not set(entries) <= set(allowed):
        raise BadMemberError(f"Expected some of {', '.join(allowed)}.")
    return entries


def one_of(value: Any, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise BadMemberError(f"Expected one of {', '.join(allowed)}.")
    return str(value)


def _name(value: Any, _: Supported) -> str:
    return one_line(value)


def flag(value: Any, _: Supported) -> bool:
    if value is None:
        return False
    if not isinstance(value, bool):
        raise BadMemberError("Expected true or false.")
    return value


def _auth_method(value: Any, _: Supported) -> str:
    """RFC 7591, section 2: client_secret_basic when nothing is said."""
    return one_of("client_secret_basic" if value is None else value, AUTH_METHODS)


def _grant_types(value: Any, supported: Supported) -> list[str]:
    """RFC 7591, section 2: authorization_code when nothing is said."""
    return some_of(["authorization_code"] if value is None else value, supported.grant_types)


def _response_types(value: Any, supported: Supported) -> list[str]:
    """The order of the words within one does not matter."""
    entries = [canonical(entry) or entry for entry in strings(value)]
    return some_of(entries, supported.response_types)


def _redirect_uris(value: Any, _: Supported) -> list[str]:
    """Their form is checked later: it depends on the method of authentication."""
    return strings(value)


def _scope(value: Any, _: Supported) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > MAX_SCOPE:
        raise BadMemberError(f"Expected one string of at most {MAX_SCOPE} characters.")
    tokens = [token for token in value.split(" ") if token]
    if not all(_SCOPE_TOKEN.fullmatch(token) for token in tokens):
        raise BadMemberError(
            "Expected scopes parted by spaces, in ASCII without quotes and backslashes."
        )
    return " ".join(dict.fromkeys(tokens))


def _audience(value: Any, _: Supported) -> list[str]:
    entries = strings(value)
    if not all(is_audience(entry) for entry in entries):
        raise BadMemberError(
            f"Expected URIs or names of 1 to {MAX_TEXT} characters in ASCII, without spaces and "
            "fragments."
        )
    return entries


def _signing_alg(value: Any, supported: Supported) -> str | None:
    return None if value is None else one_of(value, supported.signing_algorithms)


def checked_uri(value: Any, check: Callable[[str], None]) -> str:
    """A URI that ``check`` lets pass; it raises :class:`BadURIError` for others."""
    if not isinstance(value, str):
        raise BadMemberError("Expected a string.")
    try:
        check(value)
    except BadURIError as error:
        raise BadMemberError(str(error)) from error
    return value


def web_uri(value: Any, _: Supported) -> str | None:
    return None if value is None else checked_uri(value, check_web_uri)


def lines(value: Any, _: Supported) -> list[str] | None:
    return [one_line(entry) for entry in strings(value)] or None


def _text(value: Any, _: Supported) -> str | None:
    return None if value is None else one_line(value)


# What only people read, and we keep as it is.
HUMAN_MEMBERS: Mapping[str, Reader] = {
    "client_uri": web_uri,
    "logo_uri": web_uri,
    "policy_uri": web_uri,
    "tos_uri": web_uri,
    "contacts": lines,
    "software_id": _text,
    "software_version": _text,
}
# What may be there in other languages as well (RFC 7591, section 2.2).
TRANSLATED: Mapping[str, Reader] = {
    "client_name": _text,
    "client_uri": web_uri,
    "logo_uri": web_uri,
    "policy_uri": web_uri,
    "tos_uri": web_uri,
}

# What has a column of its own.
COLUMN_READERS: Mapping[str, Reader] = {
    "client_name": _name,
    "first_party": flag,
    "strict": flag,
    "resource_server": flag,
    "token_endpoint_auth_method": _auth_method,
    "grant_types": _grant_types,
    "response_types": _response_types,
    "redirect_uris": _redirect_uris,
    "scope": _scope,
    "audience": _audience,
    "access_token_signing_alg": _signing_alg,
}
