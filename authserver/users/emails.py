"""One spelling for each e-mail address, so that one mailbox is one account (CVE-2026-19607).

``U@X``, ``u@x``, the same in full-width letters, and with a space behind it are one address.
"""

import re
import unicodedata

import idna

from authserver.errors import Invalid

MAXIMUM_LENGTH = 254
_LONGEST_LOCAL_PART = 64
# NFKC can shorten a text, but nobody writes an address twice as long as it may be.
_LONGEST_SPELLING = 2 * MAXIMUM_LENGTH
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
# RFC 5321, section 4.1.2: a dot-string. Quoted local parts are refused, nobody has one.
_LOCAL_PART = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")


def normalise_email(text: str) -> str:
    """The one spelling: NFKC, lower case, the domain as A-labels (RFC 5891). Raises Invalid."""
    if len(text) > _LONGEST_SPELLING or len(folded := fold(text)) > MAXIMUM_LENGTH:
        raise _invalid(f"Expected at most {MAXIMUM_LENGTH} characters.")
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        raise _invalid("Control characters are not allowed.")
    local_part, at, domain = folded.rpartition("@")
    if not at or not domain:
        raise _invalid("Expected an address such as ada@example.com.")
    if len(local_part) > _LONGEST_LOCAL_PART or not _LOCAL_PART.fullmatch(local_part):
        raise _invalid(
            "Before the @, expected at most 64 letters from a to z, digits, and signs such as "
            ". + - _, with no dot at either end."
        )
    address = f"{local_part}@{_ascii_domain(domain)}"
    if len(address) > MAXIMUM_LENGTH:
        raise _invalid(f"Expected at most {MAXIMUM_LENGTH} characters.")
    return address


def fold(text: str) -> str:
    """The text, or the beginning of an address, without differences that do not count."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def _ascii_domain(domain: str) -> str:
    try:
        encoded = idna.encode(domain).decode("ascii")
    except idna.IDNAError as error:
        raise _invalid("After the @, expected the name of a domain such as example.com.") from error
    if encoded.endswith("."):
        # The same domain as without the dot: it would be a second spelling.
        raise _invalid("Expected no dot at the end.")
    return encoded


def _invalid(sentence: str) -> Invalid:
    return Invalid(fields={"email": [sentence]})
