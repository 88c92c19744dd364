"""The ``claims`` parameter (OpenID Connect Core 1.0, section 5.5)."""

from collections.abc import Mapping
from typing import Any

from authserver.errors import Invalid
from authserver.http.json_body import is_plain, load_json

_PLACES = ("userinfo", "id_token")
_MAX_LENGTH = 4096
_MALFORMED = "claims is a JSON object with the members userinfo and id_token."


def parse_claims(text: str | None) -> dict[str, Mapping[str, Any]] | None:
    """What is asked for in each place; members that nobody knows are left out.

    Raises :class:`Invalid`.
    """
    if text is None:
        return None
    if len(text) > _MAX_LENGTH:
        raise Invalid(hint=f"claims has at most {_MAX_LENGTH} letters.")
    try:
        asked = load_json(text.encode())
    except Invalid as error:
        raise Invalid(hint=_MALFORMED) from error
    if not is_plain(asked) or not isinstance(asked, dict):
        raise Invalid(hint=_MALFORMED)
    found = {place: _place(asked[place]) for place in _PLACES if asked.get(place) is not None}
    return {place: claims for place, claims in found.items() if claims} or None


def _place(asked: Any) -> dict[str, Any]:
    if not isinstance(asked, dict) or not all(map(_is_request, asked.values())):
        raise Invalid(hint=_MALFORMED)
    return asked


def _is_request(value: Any) -> bool:
    """Null, or an object with essential, value and values (section 5.5.1)."""
    if value is None:
        return True
    return (
        isinstance(value, dict)
        and isinstance(value.get("essential", False), bool)
        and isinstance(value.get("values", []), list)
    )
