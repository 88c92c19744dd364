"""One authenticator: the password. Cheap parameters, real Argon2."""

import os
import signal
import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor, as_completed
from statistics import median
from threading import Event

import pytest

from authserver.credentials.passwords import Argon2Parameters, PasswordHasher, normalise
from authserver.errors import Unavailable

CHEAP = Argon2Parameters(memory_kib=64, iterations=1)
PASSWORD = "correct horse battery"
PATIENCE = 30


@pytest.fixture
def hasher() -> PasswordHasher:
    return PasswordHasher(CHEAP, threads=1)


class HeldHash(str):
    """A stored hash whose verification lasts until the test lets go of it."""

    __slots__ = ("let_go",)

    def encode(self, *arguments: str) -> bytes:
        self.let_go.wait(PATIENCE)
        return super().encode(*arguments)


def held_hash(encoded: str, let_go: Event) -> HeldHash:
    held = HeldHash(encoded)
    held.let_go = let_go
    return held


def seconds_to_verify(hasher: PasswordHasher, encoded: str | None, password: str) -> float:
    start = time.perf_counter()
    hasher.verify(encoded, password)
    return time.perf_counter() - start


def exit_code(child: int) -> int | None:
    """How the child ended; None if it had to be killed because it hung."""
    for _ in range(PATIENCE * 20):
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def test_the_right_password_matches(hasher):
    encoded = hasher.hash(PASSWORD)

    assert hasher.verify(encoded, PASSWORD) == (True, False)


@pytest.mark.parametrize(
    "wrong", ["correct horse batterz", "Correct horse battery", "correct horse battery ", ""]
)
def test_a_wrong_password_does_not_match(hasher, wrong):
    encoded = hasher.hash(PASSWORD)

    assert hasher.verify(encoded, wrong) == (False, False)


def test_the_default_hash_is_argon2id_of_19_mebibytes_two_passes_one_lane():
    encoded = PasswordHasher().hash(PASSWORD)

    assert encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_salt_and_hash_have_16_and_32_bytes(hasher):
    *_, salt, digest = hasher.hash(PASSWORD).split("$")

    assert (len(salt), len(digest)) == (22, 43)  # In base64 without padding.


def test_the_same_password_is_hashed_with_another_salt_each_time(hasher):
    assert hasher.hash(PASSWORD) != hasher.hash(PASSWORD)


@pytest.mark.parametrize("password", [PASSWORD, "", "\0", "\ud800", "a" * 129])
def test_nothing_matches_for_a_user_without_a_password(hasher, password):
    assert hasher.verify(None, password) == (False, False)


@pytest.mark.parametrize(
    "corrupt",
    [
        "",
        "plain text",
        "Ünreadable",
        "$2b$12$abcdefghijklmnopqrstuv",
        "$argon2id$",
        "$argon2id$v=19$m=64,t=1,p=1$$",
        "$argon2id$v=19$m=99999999999999,t=1,p=1$c2FsdHNhbHQ$aGFzaA",
        "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0$!!!",
        "\0",
    ],
)
def test_a_corrupt_stored_hash_matches_nothing_and_breaks_nothing(hasher, corrupt):
    assert hasher.verify(corrupt, PASSWORD) == (False, False)


def test_a_truncated_stored_hash_does_not_match(hasher):
    encoded = hasher.hash(PASSWORD)

    assert hasher.verify(encoded[:-8], PASSWORD) == (False, False)


@pytest.mark.parametrize(
    ("has_hash", "password"),
    [(False, "a wrong guess"), (True, "a" * 129), (True, "a wrong\0guess"), (False, "a" * 100_000)],
)
def test_every_refusal_takes_the_time_of_a_wrong_password(has_hash, password):
    """PW-02, ASVS 6.3.8: time does not tell who has an account."""
    hasher = PasswordHasher(Argon2Parameters(memory_kib=4096, iterations=3), threads=1)
    encoded = hasher.hash(PASSWORD)
    ordinary, unusual = [], []

    for _ in range(15):
        ordinary.append(seconds_to_verify(hasher, encoded, "a wrong guess"))
        unusual.append(seconds_to_verify(hasher, encoded if has_hash else None, password))

    assert 0.4 < median(unusual) / median(ordinary) < 2.5


def test_a_corrupt_stored_hash_takes_the_time_of_a_wrong_password():
    """PW-02, ASVS 6.3.8."""
    hasher = PasswordHasher(Argon2Parameters(memory_kib=4096, iterations=3), threads=1)
    encoded = hasher.hash(PASSWORD)
    ordinary, unusual = [], []

    for _ in range(15):
        ordinary.append(seconds_to_verify(hasher, encoded, "a wrong guess"))
        unusual.append(seconds_to_verify(hasher, encoded[:40], "a wrong guess"))

    assert 0.4 < median(unusual) / median(ordinary) < 2.5


@pytest.mark.parametrize(
    "stronger",
    [
        Argon2Parameters(memory_kib=128, iterations=1),
        Argon2Parameters(memory_kib=64, iterations=2),
        Argon2Parameters(memory_kib=64, iterations=1, parallelism=2),
    ],
)
def test_a_rehash_is_asked_for_when_the_parameters_rise(hasher, stronger):
    encoded = hasher.hash(PASSWORD)

    assert PasswordHasher(stronger, threads=1).verify(encoded, PASSWORD) == (True, True)


def test_a_wrong_password_never_asks_for_a_rehash(hasher):
    encoded = hasher.hash(PASSWORD)
    stronger = PasswordHasher(Argon2Parameters(memory_kib=128, iterations=1), threads=1)

    assert stronger.verify(encoded, "wrong") == (False, False)


def test_a_password_is_not_truncated_at_72_bytes(hasher):
    """GR-07, ASVS 6.2.8: bcrypt would take these for the same."""
    encoded = hasher.hash("a" * 72 + "b")

    assert [hasher.verify(encoded, "a" * 72 + tail).matches for tail in ("", "c", "bb", "b")] == [
        False,
        False,
        False,
        True,
    ]


def test_a_password_of_128_characters_of_four_bytes_is_verified_whole(hasher):
    """ASVS 6.2.8 and 6.2.9."""
    encoded = hasher.hash("🐎" * 127 + "🔋")

    assert [hasher.verify(encoded, "🐎" * 127 + last).matches for last in "🔋🐎"] == [True, False]


def test_a_password_of_129_characters_does_not_match_its_beginning(hasher):
    encoded = hasher.hash("a" * 128)

    assert not hasher.verify(encoded, "a" * 129).matches


@pytest.mark.parametrize("tail", ["\0", "\0b", "\n", "\x7f", "\ud800"])
def test_a_password_with_a_control_character_does_not_match_what_stands_before_it(hasher, tail):
    """PW-14: NUL ends a string in C, not here."""
    encoded = hasher.hash(PASSWORD)

    assert not hasher.verify(encoded, PASSWORD + tail).matches


@pytest.mark.parametrize("password", ["eight\0letters", "half a pair \ud800", "a" * 129])
def test_what_could_never_be_verified_is_not_hashed(hasher, password):
    with pytest.raises(ValueError, match="policy"):
        hasher.hash(password)


@pytest.mark.parametrize(("at_setting", "at_sign_in"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_composed_and_decomposed_letters_are_the_same_password(hasher, at_setting, at_sign_in):
    """PW-15, RFC 8265, section 4.2.2: one system's keyboard composes, the other's does not."""
    encoded = hasher.hash(unicodedata.normalize(at_setting, "Ångström über Zoë"))

    assert hasher.verify(encoded, unicodedata.normalize(at_sign_in, "Ångström über Zoë")).matches


def test_a_decomposed_password_is_as_long_as_the_composed_one(hasher):
    """PW-15: 128 Greek letters of four code points each when they are taken apart."""
    composed = "\u1f82" * 128
    encoded = hasher.hash(composed)

    assert hasher.verify(encoded, unicodedata.normalize("NFD", composed)).matches


@pytest.mark.parametrize("space", ["\u00a0", "\u2003", "\u3000"])
def test_every_kind_of_space_is_a_space(space):
    """RFC 8265, section 4.2.2, rule 2."""
    assert normalise(f"correct{space}horse") == "correct horse"


def test_compatible_letters_stay_different():
    """RFC 8265, section 4.2.2: NFC, not NFKC; a full-width letter is another letter."""
    assert normalise("\uff41\ufb01") == "\uff41\ufb01"


def test_normalising_trims_and_folds_nothing():
    assert normalise("  Zoë STRASSE straße ") == "  Zoë STRASSE straße "


def test_who_finds_the_queue_full_is_refused_at_once():
    """A storm of logins must not pile up: one is hashed, two wait, the others are turned away."""
    hasher = PasswordHasher(CHEAP, threads=1, waiting=2)
    let_go = Event()
    encoded = held_hash(hasher.hash(PASSWORD), let_go)

    with ThreadPoolExecutor(5) as callers:
        try:
            answers = [callers.submit(hasher.verify, encoded, PASSWORD) for _ in range(5)]
            completed = as_completed(answers, timeout=PATIENCE)
            refused = [next(completed).exception() for _ in range(2)]
        finally:
            let_go.set()

    assert [type(error) for error in refused] == [Unavailable, Unavailable]
    assert [error.retry_after for error in refused] == [1, 1]
    assert sum(answer.exception() is None for answer in answers) == 3


def test_a_queue_that_was_full_serves_again_when_it_is_empty():
    hasher = PasswordHasher(CHEAP, threads=1, waiting=0)
    encoded = hasher.hash(PASSWORD)

    matches = [hasher.verify(encoded, PASSWORD).matches for _ in range(200)]

    assert all(matches)


def test_a_corrupt_hash_gives_its_place_in_the_queue_back():
    hasher = PasswordHasher(CHEAP, threads=1, waiting=0)
    encoded = hasher.hash(PASSWORD)

    for _ in range(5):
        hasher.verify("corrupt", PASSWORD)

    assert hasher.verify(encoded, PASSWORD).matches


def test_a_child_hashes_although_its_parent_did_before_the_fork(hasher):
    """A forked process inherits the pool, but not the threads that would do its work."""
    encoded = hasher.hash(PASSWORD)

    child = os.fork()
    if child == 0:
        os._exit(0 if hasher.verify(encoded, PASSWORD).matches else 1)

    assert exit_code(child) == 0
