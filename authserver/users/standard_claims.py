"""The standard claims that have no column: what people tell about themselves, and its form.

OpenID Connect Core 1.0, section 5.1. Whoever reads a claim may rely on its type; whether it is true
only its subject knows, but for ``phone_number_verified``, which is for administrators to say.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import orjson

from authserver.errors import Invalid

MAX_TEXT = 255
MAX_URL = 1024
# All together; an ID token that carries them goes through the URL of a sign-out.
MAX_BYTES = 4096
VERIFIED = "phone_number_verified"
# RFC 3986; what stands in it is shown by others as a link or a picture.
_URL = re.compile(r"https?://(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")
_BIRTHDATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})-([0-9]{2}))?")
_LEAP_YEAR = 2000
# A name of the Time Zone Database, by its form: our copy of it may be older than the caller's.
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]{0,31}(?:/[A-Za-z0-9_+-]{1,32}){0,2}")
_LOCALE = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8}){0,4}")
# E.164, with the extension of RFC 3966 where there is one.
_PHONE = re.compile(r"\+[1-9][0-9]{1,14}(?:;ext=[0-9]{1,15})?")
_ADDRESS = ("formatted", "street_address", "locality", "region", "postal_code", "country")
# Section 5.1.1: these may have several lines.
_LINES = frozenset({"formatted", "street_address"})


class BadClaimError(ValueError):
    """What was sent for a claim cannot be its value; the sentence says what was expected."""


def _text(value: Any, *, lines: bool = False) -> str:
    allowed = "\n" if lines else ""
    if not isinstance(value, str) or any(
        unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") and letter not in allowed
        for letter in value
    ):
        raise BadClaimError("Expected a text without control characters.")
    text = unicodedata.normalize("NFC", value).strip()
    if not 1 <= len(text) <= MAX_TEXT:
        raise BadClaimError(f"Expected 1 to {MAX_TEXT} characters.")
    return text


def _url(value: Any) -> str:
    sentence = f"Expected an http or https URL of at most {MAX_URL} characters."
    if not isinstance(value, str) or len(value) > MAX_URL or not _URL.fullmatch(value):
        raise BadClaimError(sentence)
    try:
        host = urlsplit(value).hostname
    except ValueError as error:
        raise BadClaimError(sentence) from error
    if not host:
        raise BadClaimError(sentence)
    return value


def _birthdate(value: Any) -> str:
    """A day, a day of a year that stays untold (0000), or a year alone."""
    match = _BIRTHDATE.fullmatch(value) if isinstance(value, str) else None
    if match is None or match[0] == "0000":
        raise BadClaimError("Expected YYYY-MM-DD, 0000-MM-DD without the year, or YYYY.")
    year, month, day = match.groups(default="01")
    try:
        date(int(year) or _LEAP_YEAR, int(month), int(day))
    except ValueError as error:
        raise BadClaimError("Expected a day of the calendar.") from error
    return match[0]


def _matching(pattern: re.Pattern[str], sentence: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise BadClaimError(sentence)
        return value

    return read


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadClaimError("Expected true or false.")
    return value


def _address(value: Any) -> dict[str, str]:
    """Section 5.1.1."""
    if not isinstance(value, Mapping) or not value or not set(value) <= set(_ADDRESS):
        raise BadClaimError(f"Expected an object of some of {', '.join(_ADDRESS)}.")
    return {
        name: _text(value[name], lines=name in _LINES)
        for name in _ADDRESS
        if value.get(name) is not None
    }


READERS: Mapping[str, Callable[[Any], Any]] = {
    "given_name": _text,
    "family_name": _text,
    "middle_name": _text,
    "nickname": _text,
    "preferred_username": _text,
    "profile": _url,
    "picture": _url,
    "website": _url,
    "gender": _text,
    "birthdate": _birthdate,
    "zoneinfo": _matching(_ZONE, "Expected the name of a time zone such as Europe/Paris."),
    "locale": _matching(_LOCALE, "Expected a language tag such as en or de-AT."),
    "address": _address,
    "phone_number": _matching(_PHONE, "Expected a number such as +15555550123 (E.164)."),
    VERIFIED: _flag,
}


def read_claims(claims: Any) -> dict[str, Any]:
    """The claims in their one form; None for what is to be taken away.

    Raises :class:`Invalid` with all mistakes at once.
    """
    if not isinstance(claims, Mapping):
        raise _invalid(["Expected an object."])
    read, problems = {}, []
    for name, value in claims.items():
        try:
            read[name] = None if value is None else _reader(name)(value)
        except BadClaimError as error:
            problems.append(f"{name}: {error}" if name in READERS else str(error))
    if problems:
        raise _invalid(problems)
    return read


def merged(present: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The claims after a change (RFC 7396). Raises :class:`Invalid` when they are too many.

    A new number is not verified because the old one was.
    """
    claims = {**present, **changes}
    number = claims.get("phone_number")
    if number is None:
        claims[VERIFIED] = None
    elif number != present.get("phone_number"):
        claims[VERIFIED] = changes.get(VERIFIED) or False
    known = {name: claims[name] for name in READERS if claims.get(name) is not None}
    if len(orjson.dumps(known)) > MAX_BYTES:
        raise _invalid([f"Expected at most {MAX_BYTES} bytes for all claims together."])
    return known


def _reader(name: str) -> Callable[[Any], Any]:
    if name not in READERS:
        raise BadClaimError(f"Expected some of {', '.join(READERS)}.")
    return READERS[name]


def _invalid(sentences: list[str]) -> Invalid:
    return Invalid(fields={"profile": sentences})
