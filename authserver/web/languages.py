"""The languages of the pages, and which of them somebody reads."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from flask import request

DEFAULT = "en"
# The messages themselves are English; each other language has a catalogue in ``translations``.
LANGUAGES = (DEFAULT, "de")
TRANSLATIONS = Path(__file__).with_name("translations")


def choose_language(preferred: Sequence[str]) -> str:
    """The first language that we have: of those that the request asks for (``ui_locales`` of
    OpenID Connect Core 1.0, section 3.1.2.1), and then of those that the browser prefers."""
    return _first(preferred) or _first(request.accept_languages.values()) or DEFAULT


def _first(tags: Iterable[str]) -> str | None:
    """RFC 4647, section 3.4: de-AT is served by de."""
    known = (tag.partition("-")[0].lower() for tag in tags)
    return next((language for language in known if language in LANGUAGES), None)
