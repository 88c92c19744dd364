"""How people are called: anything on one line, in the spelling that everybody sees the same."""

import unicodedata

from authserver.errors import Invalid

MAXIMUM_LENGTH = 255


def normalise_full_name(text: str | None) -> str | None:
    """The name in NFC without space around it; None for no name. Raises :class:`Invalid`."""
    if text is None:
        return None
    if len(text) > MAXIMUM_LENGTH:
        raise _invalid(f"Expected at most {MAXIMUM_LENGTH} characters.")
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in text):
        raise _invalid("Control characters are not allowed.")
    name = unicodedata.normalize("NFC", text).strip()
    if len(name) > MAXIMUM_LENGTH:
        # A few letters have no composed form and become longer.
        raise _invalid(f"Expected at most {MAXIMUM_LENGTH} characters.")
    return name or None


def _invalid(sentence: str) -> Invalid:
    return Invalid(fields={"full_name": [sentence]})
