"""Proof Key for Code Exchange (RFC 7636)."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authserver.errors import Invalid
from authserver.oauth.pkce import check_challenge, is_proven

# The example of appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


@dataclass(frozen=True)
class Registered:
    """What is read of a client."""

    pkce: str = "required"


OPTIONAL = Registered("optional")


def test_the_example_of_the_standard_is_proven():
    assert is_proven(VERIFIER, CHALLENGE)


def test_neither_is_as_good_as_both():
    assert is_proven(None, None)


@pytest.mark.parametrize(("verifier", "challenge"), [(None, CHALLENGE), (VERIFIER, None)])
def test_one_without_the_other_is_nothing(verifier, challenge):
    """RFC 9700, section 4.8.2."""
    assert not is_proven(verifier, challenge)


@pytest.mark.parametrize("verifier", ["", CHALLENGE, VERIFIER[:-1], VERIFIER + "\n", "v" * 129])
def test_another_verifier_proves_nothing(verifier):
    assert not is_proven(verifier, CHALLENGE)


@given(st.text(max_size=140))
def test_whatever_is_sent_for_a_verifier_proves_nothing(text):
    assert not is_proven(text, CHALLENGE)


def test_the_challenge_is_kept():
    assert check_challenge(Registered(), CHALLENGE, "S256") == CHALLENGE


def test_who_may_do_without_does():
    assert check_challenge(OPTIONAL, None, None) is None


def test_who_may_not_is_told_how_to_mend_it():
    with pytest.raises(Invalid) as refused:
        check_challenge(Registered(), None, None)

    assert "code_challenge_method=S256" in refused.value.hint
    assert "pkce=optional" in refused.value.hint


@pytest.mark.parametrize("client", [Registered(), OPTIONAL])
@pytest.mark.parametrize("method", [None, "", "plain", "s256", "S512"])
def test_there_is_one_method(client, method):
    with pytest.raises(Invalid):
        check_challenge(client, CHALLENGE, method)


@pytest.mark.parametrize(
    "challenge", ["", "a" * 42, "a" * 44, CHALLENGE + "=", CHALLENGE[:-1] + "+", "é" * 43]
)
def test_a_challenge_is_a_digest_in_base64url(challenge):
    with pytest.raises(Invalid):
        check_challenge(OPTIONAL, challenge, "S256")


def test_a_method_without_a_challenge_is_a_mistake():
    with pytest.raises(Invalid):
        check_challenge(OPTIONAL, None, "S256")
