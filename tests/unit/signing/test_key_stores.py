import base64
import multiprocessing
import stat
from pathlib import Path

import pytest

from authserver.signing.keystores import FILE_NAME, AesGcmKeyStore, KeyStoreError, load_key_store

KEY = bytes(range(32))
WRITTEN = base64.urlsafe_b64encode(KEY).decode()


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def write_key(folder: Path, content: bytes, mode: int = 0o600) -> Path:
    path = folder / FILE_NAME
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_what_was_sealed_opens_with_the_same_key_and_context():
    sealed = AesGcmKeyStore(KEY).seal(b"secret", b"token|ES256|kid")

    opened = AesGcmKeyStore(KEY).open(sealed, b"token|ES256|kid")

    assert opened == b"secret"


def test_what_was_sealed_does_not_show_its_content():
    sealed = AesGcmKeyStore(KEY).seal(b"a secret that is long enough", b"context")

    assert b"secret" not in sealed


def test_sealing_twice_uses_two_nonces():
    """NIST SP 800-38D, section 8: a nonce that comes again gives the key of GHASH away."""
    store = AesGcmKeyStore(KEY)

    nonces = {store.seal(b"secret", b"context")[1:13] for _ in range(100)}

    assert len(nonces) == 100


@pytest.mark.parametrize("context", [b"", b"token|ES256|other", b"refresh|ES256|kid"])
def test_a_key_does_not_open_in_the_place_of_another(context):
    sealed = AesGcmKeyStore(KEY).seal(b"secret", b"token|ES256|kid")

    with pytest.raises(KeyStoreError):
        AesGcmKeyStore(KEY).open(sealed, context)


def test_another_key_opens_nothing():
    sealed = AesGcmKeyStore(KEY).seal(b"secret", b"context")

    with pytest.raises(KeyStoreError):
        AesGcmKeyStore(bytes(32)).open(sealed, b"context")


@pytest.mark.parametrize("position", [0, 1, 12, 13, -1])
def test_one_flipped_bit_anywhere_is_noticed(position):
    """KT-07."""
    damaged = bytearray(AesGcmKeyStore(KEY).seal(b"secret", b"context"))
    damaged[position] ^= 1

    with pytest.raises(KeyStoreError):
        AesGcmKeyStore(KEY).open(bytes(damaged), b"context")


@pytest.mark.parametrize("length", [0, 1, 12, 13, 20])
def test_truncated_bytes_are_refused(length):
    """KT-07."""
    sealed = AesGcmKeyStore(KEY).seal(b"secret", b"context")

    with pytest.raises(KeyStoreError):
        AesGcmKeyStore(KEY).open(sealed[:length], b"context")


@pytest.mark.parametrize("written", [WRITTEN, WRITTEN.rstrip("="), WRITTEN + "\n"])
def test_the_setting_gives_the_key_with_padding_or_without(tmp_path, written):
    sealed = AesGcmKeyStore(KEY).seal(b"secret", b"context")

    store = load_key_store(tmp_path, written)

    assert store.open(sealed, b"context") == b"secret"


def test_with_the_setting_no_file_is_made(tmp_path):
    load_key_store(tmp_path / "keys", WRITTEN)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("written", ["short", "+" * 43, WRITTEN * 2, "ü" * 43, " "])
def test_a_malformed_setting_is_refused_by_name(tmp_path, written):
    with pytest.raises(KeyStoreError, match="AUTHSERVER_KEY_ENCRYPTION_KEY: Expected 32 random"):
        load_key_store(tmp_path, written)


def test_a_malformed_setting_is_not_repeated(tmp_path):
    with pytest.raises(KeyStoreError) as caught:
        load_key_store(tmp_path, "almost-a-secret")

    assert "almost-a-secret" not in str(caught.value)


def test_the_first_start_makes_a_file_that_only_we_can_read(tmp_path):
    load_key_store(tmp_path / "keys", "")

    assert mode_of(tmp_path / "keys" / FILE_NAME) == 0o600


def test_the_first_start_makes_a_folder_that_only_we_can_enter(tmp_path):
    load_key_store(tmp_path / "keys", "")

    assert mode_of(tmp_path / "keys") == 0o700


def test_the_first_start_leaves_no_draft_behind(tmp_path):
    load_key_store(tmp_path / "keys", "")

    assert [path.name for path in (tmp_path / "keys").iterdir()] == [FILE_NAME]


def test_a_folder_that_is_there_keeps_its_mode(tmp_path):
    tmp_path.chmod(0o755)

    load_key_store(tmp_path, "")

    assert mode_of(tmp_path) == 0o755


def test_the_second_start_reads_the_key_of_the_first(tmp_path):
    sealed = load_key_store(tmp_path, "").seal(b"secret", b"context")

    store = load_key_store(tmp_path, "")

    assert store.open(sealed, b"context") == b"secret"


def test_two_installations_have_two_keys(tmp_path):
    sealed = load_key_store(tmp_path / "one", "").seal(b"secret", b"context")

    with pytest.raises(KeyStoreError):
        load_key_store(tmp_path / "two", "").open(sealed, b"context")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o601])
def test_a_file_that_is_open_to_others_is_refused_with_the_mend(tmp_path, mode):
    path = write_key(tmp_path, WRITTEN.encode(), mode)

    with pytest.raises(KeyStoreError, match=f"chmod 600 {path}"):
        load_key_store(tmp_path, "")


def test_a_file_that_only_its_owner_can_read_is_good(tmp_path):
    write_key(tmp_path, WRITTEN.encode(), 0o400)

    store = load_key_store(tmp_path, "")

    assert store.open(AesGcmKeyStore(KEY).seal(b"secret", b""), b"") == b"secret"


@pytest.mark.parametrize("content", [b"", b"\n", WRITTEN[:20].encode(), b"\xff" * 43, b"A" * 2000])
def test_a_damaged_file_is_refused_with_the_setting_and_the_mend(tmp_path, content):
    """KT-07."""
    write_key(tmp_path, content)

    with pytest.raises(KeyStoreError, match=r"AUTHSERVER_KEYS_DIR.* damaged.* restore it"):
        load_key_store(tmp_path, "")


def test_a_damaged_file_is_left_as_it_is(tmp_path):
    """A new key in its place would make all sealed keys worthless."""
    path = write_key(tmp_path, b"damaged")

    with pytest.raises(KeyStoreError):
        load_key_store(tmp_path, "")

    assert path.read_bytes() == b"damaged"


def test_a_folder_that_cannot_be_made_is_refused_with_the_setting(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(KeyStoreError, match=r"AUTHSERVER_KEYS_DIR name a folder"):
        load_key_store(tmp_path / "file" / "keys", "")


def start_together(folder, gate, answers):
    gate.wait()
    answers.put(load_key_store(folder, "").seal(b"secret", b"context"))


def test_processes_that_start_at_once_agree_on_one_key(tmp_path):
    context = multiprocessing.get_context("fork")
    gate, answers = context.Barrier(8), context.Queue()
    processes = [
        context.Process(target=start_together, args=(tmp_path / "keys", gate, answers))
        for _ in range(8)
    ]

    for process in processes:
        process.start()
    sealed = [answers.get(timeout=30) for _ in processes]
    for process in processes:
        process.join()

    store = load_key_store(tmp_path / "keys", "")
    assert [store.open(each, b"context") for each in sealed] == [b"secret"] * 8


def test_a_derived_secret_is_the_same_each_time_and_another_for_each_purpose_and_key():
    """RFC 5869: neither tells anything of the other, nor of the key."""
    one = AesGcmKeyStore(KEY).derive(b"one")

    others = [AesGcmKeyStore(KEY).derive(b"two"), AesGcmKeyStore(bytes(32)).derive(b"one"), KEY]

    assert AesGcmKeyStore(KEY).derive(b"one") == one
    assert len(one) == 32
    assert one not in others


# Several keys: while the first takes the place of the others -----------------------------------

OTHER = bytes(32)


def test_what_any_of_the_keys_has_sealed_opens():
    sealed = AesGcmKeyStore(KEY).seal(b"secret", b"context")

    assert AesGcmKeyStore(OTHER, KEY).open(sealed, b"context") == b"secret"


def test_the_first_key_seals():
    sealed = AesGcmKeyStore(OTHER, KEY).seal(b"secret", b"context")

    assert AesGcmKeyStore(OTHER).open(sealed, b"context") == b"secret"


def test_what_another_key_has_sealed_is_sealed_anew_by_the_first():
    sealed = AesGcmKeyStore(KEY).seal(b"secret", b"context")

    resealed = AesGcmKeyStore(OTHER, KEY).reseal(sealed, b"context")

    assert AesGcmKeyStore(OTHER).open(resealed, b"context") == b"secret"
    with pytest.raises(KeyStoreError):
        AesGcmKeyStore(OTHER).open(resealed, b"another context")


def test_what_the_first_key_has_sealed_stays():
    sealed = AesGcmKeyStore(KEY).seal(b"secret", b"context")

    assert AesGcmKeyStore(KEY, OTHER).reseal(sealed, b"context") is None


def test_what_none_of_the_keys_has_sealed_is_not_resealed():
    sealed = AesGcmKeyStore(b"\x07" * 32).seal(b"secret", b"context")

    with pytest.raises(KeyStoreError):
        AesGcmKeyStore(KEY, OTHER).reseal(sealed, b"context")


@pytest.mark.parametrize("between", [" ", "\n", "\r\n", "\t "])
def test_several_are_parted_by_white_space(tmp_path, between):
    other = base64.urlsafe_b64encode(OTHER).decode().rstrip("=")
    sealed = AesGcmKeyStore(OTHER).seal(b"secret", b"context")

    store = load_key_store(tmp_path, f"{WRITTEN}{between}{other}\n")

    assert store.open(sealed, b"context") == b"secret"
    assert store.size == 2


def test_the_file_may_hold_several(tmp_path):
    other = base64.urlsafe_b64encode(OTHER)
    write_key(tmp_path, WRITTEN.encode() + b"\n" + other + b"\n")

    assert load_key_store(tmp_path, "").size == 2


def test_one_malformed_key_of_several_is_refused(tmp_path):
    with pytest.raises(KeyStoreError, match="AUTHSERVER_KEY_ENCRYPTION_KEY: Expected 32 random"):
        load_key_store(tmp_path, f"{WRITTEN} short")
