"""Which passwords may be chosen: attack row PW-13, ASVS 6.2.1 to 6.2.12."""

import time
import unicodedata

import pytest
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from authserver.credentials.password_policy import PasswordPolicy
from authserver.errors import WeakPassword

FULL_WIDTH_PASSWORD = "".join(chr(ord(letter) + 0xFEE0) for letter in "password")
CONTEXT = ("ada.lovelace@analytical.example", "Ada Lovelace")


def complaints(password: str, context: tuple[str, ...] = CONTEXT) -> str:
    """The sentences that the policy answers with; nothing if it accepts the password."""
    try:
        PasswordPolicy().check(password, context)
    except WeakPassword as error:
        return " ".join(error.fields["password"])
    return ""


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "vK7#qp2x",
        "lower case words are enough",
        "длинный пароль",
        "馬電池釘正確八文字",
        "🐎🔋📎✅🐎🔋📎✅",
        "👩\u200d👩\u200d👧 family of emoji",
        "  spaces at both ends  ",
        "x1y2z3" * 11,
    ],
)
def test_long_enough_passwords_of_any_script_are_accepted(password):
    """PW-13; ASVS 6.2.5: no rule of composition; 6.2.9: at least 64 characters."""
    assert complaints(password) == ""


def test_seven_characters_are_too_few():
    """ASVS 6.2.1."""
    assert "use 8 characters or more" in complaints("vK7#qp2")


def test_an_empty_password_is_too_short():
    assert "use 8 characters or more" in complaints("")


def test_128_characters_are_accepted():
    assert complaints("vK7#qp2x" * 16) == ""


@pytest.mark.parametrize("length", [129, 1000, 1_000_000])
def test_more_than_128_characters_are_too_many(length):
    """PW-13."""
    assert "use at most 128 characters" in complaints("v" * length)


def test_length_is_counted_in_characters_after_normalisation():
    """PW-15: seven letters are not fourteen because a keyboard wrote the accents apart."""
    assert "too short" in complaints(unicodedata.normalize("NFD", "éèêëçàâ"))


def test_length_is_not_counted_in_bytes():
    assert complaints("馬電池釘正確文字" * 16) == ""


@pytest.mark.parametrize(
    "character", ["\0", "\t", "\n", "\x1b", "\x7f", "\x85", "\u2028", "\ud800"]
)
def test_control_characters_are_refused(character):
    """PW-14; RFC 8265, section 4.2.1."""
    assert "cannot be typed" in complaints(f"correct horse{character}battery")


@pytest.mark.parametrize(
    "password", ["password123", "PASSWORD123", "passw0rd", FULL_WIDTH_PASSWORD]
)
def test_common_passwords_are_refused_in_any_case_and_width(password):
    """ASVS 6.2.4."""
    assert "most common" in complaints(password)


def test_three_thousand_common_passwords_that_are_long_enough_are_refused():
    """PW-13, ASVS 6.2.4: the top 3,000 which match the rule of length."""
    long_enough = [word for word in FREQUENCY_LISTS["passwords"] if len(word) >= 8][:3000]

    accepted = [word for word in long_enough if "most common" not in complaints(word, ())]

    assert (len(long_enough), accepted) == (3000, [])


@pytest.mark.parametrize(
    "password",
    [
        "ada.lovelace@analytical.example",
        "Ada Lovelace",
        "adalovelace",
        "ADA_LOVELACE!",
        "lovelace1815",
        "LovelaceLovelace",
        "1815lovelace",
        "analytical1",
        "authserver",
        "Authserver2025!",
    ],
)
def test_passwords_made_of_the_context_are_refused(password):
    """PW-13, ASVS 6.2.11."""
    assert "little more than your name" in complaints(password)


@pytest.mark.parametrize(
    "password",
    ["lovelace wrote the first program", "an engine that is analytical and steam-driven"],
)
def test_a_context_word_in_a_longer_phrase_is_accepted(password):
    assert complaints(password) == ""


@pytest.mark.parametrize("name", ["Ada", "Li Wu"])
def test_context_words_of_fewer_than_four_letters_are_ignored(name):
    assert complaints("ada!li!wu", (name,)) == ""


def test_an_empty_context_refuses_nothing():
    assert complaints("correct horse battery", ("", " ", "@")) == ""


def test_every_broken_rule_is_named():
    sentences = complaints("ada\tada", ("Adaada",))

    assert all(words in sentences for words in ("too short", "cannot be typed", "your name"))


def test_a_refusal_says_how_to_do_better():
    assert "Add another word or two." in complaints("password123")


@pytest.mark.parametrize("password", ["lovelace", "hunter2", "a\0b"])
def test_a_refusal_does_not_repeat_the_password(password):
    assert password not in complaints(password)


def test_a_weak_password_that_is_allowed_gets_a_hint():
    assert PasswordPolicy().hint("aaaaaaaaaa", CONTEXT) == (
        'Repeats like "aaa" are easy to guess. Add another word or two. Uncommon words are better.'
    )


def test_a_name_in_the_context_makes_the_hint_stricter():
    """The name alone is no common word; only with the context is it easy to guess."""
    policy = PasswordPolicy()

    hints = [policy.hint("xeqvorthylk", context) for context in ((), ("Xeqvorthylk",))]

    assert [hint is None for hint in hints] == [True, False]


def test_the_words_of_one_user_do_not_stay_for_the_next():
    """zxcvbn's own entrance would keep them in a global dictionary."""
    policy = PasswordPolicy()

    policy.hint("xeqvorthylk", ("Xeqvorthylk",))

    assert policy.hint("xeqvorthylk", ()) is None


@pytest.mark.parametrize(
    "password", ["correct horse battery staple", "vK7#qp2xLw", "馬電池釘正確八文字"]
)
def test_a_good_password_gets_no_hint(password):
    assert PasswordPolicy().hint(password, CONTEXT) is None


@pytest.mark.parametrize("length", [1, 73, 128, 129, 100_000])
def test_a_hint_is_given_for_passwords_of_any_length(length):
    """zxcvbn itself refuses more than 72 characters."""
    assert PasswordPolicy().hint("a" * length, CONTEXT)


@pytest.mark.parametrize(
    "password", ["4@8({[<3691!|0$5+7%2" * 6, "iloveyou1!|+7" * 9, "1!|+7" * 25]
)
def test_a_hint_costs_little_even_for_the_worst_password(password):
    """The first of these takes zxcvbn seconds: a cheap way to keep a server busy."""
    start = time.perf_counter()

    PasswordPolicy().hint(password, CONTEXT)

    assert time.perf_counter() - start < 0.5


@pytest.mark.parametrize("password", ["", "19911\n", "\0"])
def test_what_can_only_be_refused_gets_no_hint(password):
    """zxcvbn itself raises on the first two."""
    assert PasswordPolicy().hint(password, CONTEXT) is None


@pytest.mark.parametrize(("minimum", "maximum"), [(0, 128), (8, 129), (20, 10)])
def test_a_policy_that_could_not_be_kept_is_refused(minimum, maximum):
    with pytest.raises(ValueError, match="1 to 128"):
        PasswordPolicy(minimum=minimum, maximum=maximum)
