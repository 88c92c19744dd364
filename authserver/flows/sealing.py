"""Values that a browser or a client carries for us and can neither read nor change.

AES-256-GCM (NIST SP 800-38D) under a key that all processes share, and that outlives a restart.
What a value is for and to whom it is bound is authenticated with it, so that none can be passed off
as another one or used by another browser.
"""

import re
import secrets
import zlib
from dataclasses import dataclass, field
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from authserver.errors import FlowInvalid, Invalid
from authserver.ids import base64url, read_base64url

_NONCE_BYTES = 12
MAX_LENGTH = 16_384
# Of an address servers and proxies read about eight thousand letters.
_MAX_IN_ADDRESS = 7000
# A little text can stand for very much: no more than this is unpacked.
_MAX_PLAINTEXT = 65_536
_FORM = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


@dataclass(frozen=True)
class Sealer:
    """Seals JSON objects. ``key`` has 32 bytes."""

    key: bytes = field(repr=False)
    _cipher: AESGCM = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_cipher", AESGCM(self.key))

    def seal(self, purpose: str, members: Any, bound_to: str = "") -> str:
        """The members in base64url, sealed for a purpose and bound to a value."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        plaintext = zlib.compress(orjson.dumps(members), 1)
        sealed = nonce + self._cipher.encrypt(nonce, plaintext, _context(purpose, bound_to))
        return base64url(sealed)

    def open(self, purpose: str, text: str, bound_to: str = "") -> Any:
        """What was sealed. Raises :class:`FlowInvalid` for anything else."""
        if len(text) > MAX_LENGTH or not _FORM.fullmatch(text):
            raise FlowInvalid(detail="not of the form of a sealed value")
        try:
            sealed = _read(text)
            nonce, ciphertext = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
            plaintext = self._cipher.decrypt(nonce, ciphertext, _context(purpose, bound_to))
            unpacked = zlib.decompressobj().decompress(plaintext, _MAX_PLAINTEXT)
            return orjson.loads(unpacked)
        except (InvalidTag, ValueError, zlib.error) as error:
            raise FlowInvalid(detail="does not open") from error


def for_address(sealed: str, what: str) -> str:
    """The sealed value. Raises :class:`Invalid` when it is too long to travel in an address."""
    if len(sealed) > _MAX_IN_ADDRESS:
        raise Invalid(hint=f"The {what} is too long.")
    return sealed


def _read(text: str) -> bytes:
    """Raises ValueError, for a spelling too in which we would not have written the value."""
    sealed = read_base64url(text)
    if base64url(sealed) != text:
        raise ValueError("bits that no letter needs")
    return sealed


def _context(purpose: str, bound_to: str) -> bytes:
    return f"{purpose}\x00{bound_to}".encode()
