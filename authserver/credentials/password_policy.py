"""Which passwords may be chosen (NIST SP 800-63B, section 3.1.1.2; ASVS 6.2.1 to 6.2.12).

Length counts, composition does not: no rule asks for digits, capitals or symbols.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from zxcvbn import feedback, matching, scoring, time_estimates

from authserver import __title__, errors
from authserver.credentials.passwords import MAXIMUM_LENGTH, has_forbidden_characters, normalise

# Of these some 3,400 have eight characters or more; ASVS 6.2.4 asks for 3,000 that fit the policy.
_COMMON = 10_000
_SHORTEST_CONTEXT_WORD = 4

# zxcvbn's time grows with the length and explodes with the number of symbols that it can read as
# letters: three seconds for 72 characters with all of them. Within these limits the worst that we
# found took 50 ms.
_LONGEST_ESTIMATE = 40
_MOST_SUBSTITUTES = 5
_SUBSTITUTES = frozenset().union(*matching.L33T_TABLE.values())


@dataclass(frozen=True)
class PasswordPolicy:
    """Says what is wrong with a password that somebody wants to set."""

    minimum: int = 8
    maximum: int = MAXIMUM_LENGTH

    def __post_init__(self) -> None:
        if not 1 <= self.minimum <= self.maximum <= MAXIMUM_LENGTH:
            raise ValueError(
                f"The shortest password must have 1 to {MAXIMUM_LENGTH} characters, "
                f"and the longest as many or more, up to {MAXIMUM_LENGTH}."
            )

    def check(self, password: str, context: Sequence[str]) -> None:
        """Accept a password, or raise WeakPassword with a sentence for each rule that it breaks.

        One more sentence says how to do better. ``context`` is what others know of the user: the
        e-mail address, the full name.
        """
        text = normalise(password)
        sentences = self._complaints_about_form(text)
        if len(text) <= self.maximum:
            sentences += self._complaints_about_content(text, context)
        if not sentences:
            return
        _, advice = _feedback(text, context)
        raise errors.WeakPassword(fields={"password": [*sentences, *advice]})

    def hint(self, password: str, context: Sequence[str]) -> str | None:
        """A kind word on a password that is allowed and yet easy to guess; None for a good one."""
        warning, advice = _feedback(normalise(password), context)
        return " ".join([*warning, *advice]) or None

    def _complaints_about_form(self, text: str) -> list[str]:
        sentences = []
        if len(text) < self.minimum:
            sentences.append(f"The password is too short: use {self.minimum} characters or more.")
        if len(text) > self.maximum:
            sentences.append(f"The password is too long: use at most {self.maximum} characters.")
        elif has_forbidden_characters(text):
            sentences.append(
                "The password holds a character that cannot be typed, such as a tab or the end of "
                "a line: use letters, digits, symbols and spaces of any language."
            )
        return sentences

    def _complaints_about_content(self, text: str, context: Sequence[str]) -> list[str]:
        sentences = []
        if _is_common(text):
            sentences.append(
                "The password is one of the most common ones, which attackers try first: "
                "choose another."
            )
        if _is_made_of(_context_words(context), text):
            sentences.append(
                "The password is little more than your name, your e-mail address or the name of "
                "this service: choose one that does not build on them."
            )
        return sentences


def _is_common(text: str) -> bool:
    # The ranked list is in memory anyway, because the estimate needs it. It is in lower case.
    rank: int | None = matching.RANKED_DICTIONARIES["passwords"].get(_fold(text))
    return rank is not None and rank <= _COMMON


def _is_made_of(words: Sequence[str], text: str) -> bool:
    """Whether the words, in any spelling and number, make up half of the text or more."""
    folded = _fold(text)
    compact = rest = _compact(folded)
    for word in words:
        rest = rest.replace(word, " ")
    covered = len(compact) - len(rest.replace(" ", ""))
    return covered > 0 and 2 * covered >= len(folded)


def _context_words(context: Sequence[str]) -> list[str]:
    """The words and their parts without case and punctuation, the longest first.

    ``Ada.Lovelace@example.org`` gives the whole, ``adalovelace``, ``lovelace`` and ``example``.
    """
    words = set()
    for phrase in (*context, __title__):
        folded = _fold(phrase)
        local_part = folded.partition("@")[0]
        words |= {_compact(word) for word in (folded, local_part, *re.split(r"[\W_]+", folded))}
    known = (word for word in words if len(word) >= _SHORTEST_CONTEXT_WORD)
    return sorted(known, key=len, reverse=True)


def _feedback(text: str, context: Sequence[str]) -> tuple[list[str], list[str]]:
    """What zxcvbn warns of and its first advice, a sentence or none each."""
    text = text[:_LONGEST_ESTIMATE]
    if not _can_be_estimated(text):
        return [], []
    # zxcvbn's front door keeps the user's words in a global dictionary, where another thread would
    # find them.
    dictionaries = {
        **matching.RANKED_DICTIONARIES,
        "user_inputs": matching.build_ranked_dict(_context_words(context)),
    }
    estimate = scoring.most_guessable_match_sequence(text, matching.omnimatch(text, dictionaries))
    score = time_estimates.guesses_to_score(estimate["guesses"])
    found = feedback.get_feedback(score, estimate["sequence"])
    return [found["warning"]] if found["warning"] else [], found["suggestions"][:1]


def _can_be_estimated(text: str) -> bool:
    # zxcvbn raises on nothing and on the end of a line, which it takes for a part of a date.
    if not text or has_forbidden_characters(text):
        return False
    return len(_SUBSTITUTES.intersection(text)) <= _MOST_SUBSTITUTES


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _compact(folded: str) -> str:
    return "".join(filter(str.isalnum, folded))
