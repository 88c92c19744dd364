"""A resource server as the rest of the server sees it, and the rules for what it may be."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from authserver.errors import Invalid

MIN_TTL = 30
MAX_TTL = 3600
MAX_TEXT = 255

# RFC 8707, section 2: an absolute URI without fragment; we take a plain name as well.
_AUDIENCE = re.compile(r"[!$-\[\]-~]{1,255}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceServerValue:
    """A service that takes our access tokens, immutable: threads share it.

    ``signing_alg`` and ``access_token_ttl`` are None where the server's defaults hold.
    """

    id: UUID
    audience: str
    name: str
    signing_alg: str | None
    access_token_ttl: int | None
    version: int
    created_at: datetime
    updated_at: datetime


def is_audience(text: str) -> bool:
    """Whether ``text`` may be the audience of an access token."""
    return _AUDIENCE.fullmatch(text) is not None


def check_members(members: Mapping[str, Any], signing_algorithms: tuple[str, ...]) -> None:
    """Raises :class:`Invalid` with all mistakes among the members that are there."""
    problems = {
        "audience": _wrong_audience(members.get("audience", "-")),
        "name": _wrong_name(members.get("name", "-")),
        "signing_alg": _wrong_algorithm(members.get("signing_alg"), signing_algorithms),
        "access_token_ttl": _wrong_ttl(members.get("access_token_ttl")),
    }
    found = {member: [sentence] for member, sentence in problems.items() if sentence}
    if found:
        raise Invalid(fields=found)


def _wrong_audience(value: str) -> str:
    if is_audience(value):
        return ""
    return (
        f"Expected a URI or a name of 1 to {MAX_TEXT} characters in ASCII, without spaces and "
        "fragment."
    )


def _wrong_name(value: str) -> str:
    control = any(unicodedata.category(letter) in ("Cc", "Cs") for letter in value)
    if 1 <= len(value) <= MAX_TEXT and not control:
        return ""
    return f"Expected 1 to {MAX_TEXT} characters, none of them a control one."


def _wrong_algorithm(value: str | None, allowed: tuple[str, ...]) -> str:
    if value is None or value in allowed:
        return ""
    return f"Expected one of {', '.join(allowed)}, for which there are signing keys."


def _wrong_ttl(value: int | None) -> str:
    if value is None or MIN_TTL <= value <= MAX_TTL:
        return ""
    return f"Expected {MIN_TTL} to {MAX_TTL} seconds."
