"""The key-encryption key, under which private keys rest in PostgreSQL, and those before it."""

import base64
import binascii
import os
import re
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from authserver.signing.keys import SigningKeysError

FILE_NAME = "key_encryption_key"
_KEY_BYTES = 32
_NONCE_BYTES = 12
_FORMAT = b"\x01"
_WRITTEN = re.compile(r"[A-Za-z0-9_-]{43}=?")
_EXPECTED = "Expected 32 random bytes in base64url (43 letters)"
_MEND = "restore it from your backup, or give the key by AUTHSERVER_KEY_ENCRYPTION_KEY"


class KeyStoreError(SigningKeysError, ValueError):
    """There is no usable key-encryption key, or it is not the one that sealed what shall open."""


class KeyStore(Protocol):
    """Seals private keys; whoever reads the database alone learns nothing.

    ``context`` says which key is sealed, so that no sealed key can be passed off as another.
    """

    @property
    def size(self) -> int:
        """How many keys open; the first of them seals."""
        ...

    def seal(self, plaintext: bytes, context: bytes) -> bytes: ...

    def open(self, sealed: bytes, context: bytes) -> bytes: ...

    def reseal(self, sealed: bytes, context: bytes) -> bytes | None:
        """The same, sealed as :meth:`seal` does it today; None when it is already."""
        ...

    def derive(self, purpose: bytes) -> bytes:
        """A secret for another purpose; it is another one when the key has been exchanged."""
        ...

    def only_key(self) -> bytes:
        """The key itself, for what once was derived from it; there must not be several."""
        ...


class AesGcmKeyStore:
    """Seals by AES-256-GCM (NIST SP 800-38D) under a key that this process holds.

    What was sealed under one of the ``further`` keys opens as well, so that the key can be
    exchanged. The nonce is random: 96 bits suffice for four thousand million keys. The first byte
    names the format, so that another one may follow.
    """

    def __init__(self, key: bytes, *further: bytes) -> None:
        for each in (key, *further):
            if len(each) != _KEY_BYTES:
                raise KeyStoreError(f"The key-encryption key has {len(each)} bytes. {_EXPECTED}.")
        self._key = key
        self._ciphers = [AESGCM(each) for each in (key, *further)]

    def seal(self, plaintext: bytes, context: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _FORMAT + nonce + self._ciphers[0].encrypt(nonce, plaintext, context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Raises :class:`KeyStoreError` for another key, another context, or damaged bytes."""
        return self._open(sealed, context)[0]

    def reseal(self, sealed: bytes, context: bytes) -> bytes | None:
        """Raises :class:`KeyStoreError` as :meth:`open` does."""
        plaintext, cipher = self._open(sealed, context)
        return None if cipher is self._ciphers[0] else self.seal(plaintext, context)

    @property
    def size(self) -> int:
        return len(self._ciphers)

    def derive(self, purpose: bytes) -> bytes:
        """32 bytes, see :func:`derive_key`."""
        return derive_key(self._key, purpose)

    def only_key(self) -> bytes:
        """Raises :class:`KeyStoreError` when there are several."""
        if self.size > 1:
            raise KeyStoreError(
                "The key-encryption key cannot be exchanged yet. Run `authserver bootstrap` with "
                "the former one alone, once, and then go on."
            )
        return self._key

    def _open(self, sealed: bytes, context: bytes) -> tuple[bytes, AESGCM]:
        """What was sealed, and by what."""
        if sealed[:1] != _FORMAT:
            raise KeyStoreError("The sealed bytes are not in a format that this version knows.")
        nonce, ciphertext = sealed[1 : _NONCE_BYTES + 1], sealed[_NONCE_BYTES + 1 :]
        for cipher in self._ciphers:
            with suppress(InvalidTag, ValueError):
                return cipher.decrypt(nonce, ciphertext, context), cipher
        raise KeyStoreError("The sealed bytes do not open with this key.")


def derive_key(secret: bytes, purpose: bytes) -> bytes:
    """32 bytes by HKDF-SHA-256 (RFC 5869); they tell nothing of those for other purposes."""
    return HKDF(SHA256(), length=32, salt=None, info=b"authserver|" + purpose).derive(secret)


def load_key_store(keys_dir: Path, configured: str) -> KeyStore:
    """The key store of this installation.

    Its keys are those of ``configured``, or else those in the file in ``keys_dir``, which is made
    at the first start. Raises :class:`KeyStoreError` that names the setting to mend.
    """
    if configured:
        return AesGcmKeyStore(*_parse(configured, f"AUTHSERVER_KEY_ENCRYPTION_KEY: {_EXPECTED}."))
    path = keys_dir / FILE_NAME
    try:
        if not path.exists():
            _make(path)
        text = _read(path)
    except OSError as error:
        raise KeyStoreError(
            f"The key-encryption key {path} can be neither read nor made ({error.strerror}). "
            "Let AUTHSERVER_KEYS_DIR name a folder that this process may write to, "
            "or give the key by AUTHSERVER_KEY_ENCRYPTION_KEY."
        ) from error
    return AesGcmKeyStore(
        *_parse(text, f"The file {path} (AUTHSERVER_KEYS_DIR) is damaged. {_EXPECTED}: {_MEND}.")
    )


def _parse(text: str, complaint: str) -> list[bytes]:
    """The keys, parted by white space, at least one."""
    written = text.split()
    if not written or not all(map(_WRITTEN.fullmatch, written)):
        raise KeyStoreError(complaint)
    try:
        return [base64.urlsafe_b64decode(each.rstrip("=") + "=") for each in written]
    except binascii.Error as error:
        raise KeyStoreError(complaint) from error


def _read(path: Path) -> str:
    """The text of the file, if nobody but its owner can read it."""
    with path.open("rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if not stat.S_ISREG(mode):
            raise KeyStoreError(f"{path} (AUTHSERVER_KEYS_DIR) is not a file: {_MEND}.")
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise KeyStoreError(
                f"The key-encryption key {path} (AUTHSERVER_KEYS_DIR) is open to others "
                f"(mode {stat.S_IMODE(mode):04o}). Expected 0600: run `chmod 600 {path}`, "
                "or give the key by AUTHSERVER_KEY_ENCRYPTION_KEY."
            )
        return file.read(4096).decode(errors="replace")


def _make(path: Path) -> None:
    """Make the file, whole at once: of several processes that try, the first one's stays.

    It is written under another name and linked to its own, which fails when somebody was faster;
    no process ever reads half a key.
    """
    if not path.parent.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    key = base64.urlsafe_b64encode(secrets.token_bytes(_KEY_BYTES)).rstrip(b"=")
    try:
        _write(draft, key + b"\n")
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """A new name outlives a crash only when its folder was written as well (fsync(2))."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
