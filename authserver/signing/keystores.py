"""The key-encryption key, under which private keys rest in PostgreSQL."""

import base64
import binascii
import os
import re
import secrets
import stat
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


class KeyStoreError(SigningKeysError):
    """There is no usable key-encryption key, or it is not the one that sealed a signing key."""


class KeyStore(Protocol):
    """Seals private keys; whoever reads the database alone learns nothing.

    ``context`` says which key is sealed, so that no sealed key can be passed off as another.
    """

    def seal(self, plaintext: bytes, context: bytes) -> bytes: ...

    def open(self, sealed: bytes, context: bytes) -> bytes: ...

    def derive(self, purpose: bytes) -> bytes:
        """A secret of the installation for another purpose; it tells nothing of other ones."""
        ...


class AesGcmKeyStore:
    """Seals by AES-256-GCM (NIST SP 800-38D) under a key that this process holds.

    The nonce is random: 96 bits suffice for four thousand million keys. The first byte names the
    format, so that another one may follow.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != _KEY_BYTES:
            raise KeyStoreError(f"The key-encryption key has {len(key)} bytes. {_EXPECTED}.")
        self._cipher = AESGCM(key)
        self._key = key

    def seal(self, plaintext: bytes, context: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _FORMAT + nonce + self._cipher.encrypt(nonce, plaintext, context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Raises :class:`KeyStoreError` for another key, another context, or damaged bytes."""
        nonce, ciphertext = sealed[1 : _NONCE_BYTES + 1], sealed[_NONCE_BYTES + 1 :]
        try:
            if sealed[:1] == _FORMAT:
                return self._cipher.decrypt(nonce, ciphertext, context)
        except (InvalidTag, ValueError) as error:
            raise KeyStoreError("The sealed bytes do not open with this key.") from error
        raise KeyStoreError("The sealed bytes are not in a format that this version knows.")

    def derive(self, purpose: bytes) -> bytes:
        """32 bytes by HKDF-SHA-256 (RFC 5869)."""
        return HKDF(SHA256(), length=32, salt=None, info=b"authserver|" + purpose).derive(self._key)


def load_key_store(keys_dir: Path, configured: str) -> KeyStore:
    """The key store of this installation.

    Its key is ``configured``, or else what the file in ``keys_dir`` says, which is made at the
    first start. Raises :class:`KeyStoreError` that names the setting to mend.
    """
    if configured:
        return AesGcmKeyStore(_parse(configured, f"AUTHSERVER_KEY_ENCRYPTION_KEY: {_EXPECTED}."))
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
        _parse(text, f"The file {path} (AUTHSERVER_KEYS_DIR) is damaged. {_EXPECTED}: {_MEND}.")
    )


def _parse(text: str, complaint: str) -> bytes:
    written = text.strip()
    if not _WRITTEN.fullmatch(written):
        raise KeyStoreError(complaint)
    try:
        return base64.urlsafe_b64decode(written.rstrip("=") + "=")
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
        return file.read(1024).decode(errors="replace")


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
