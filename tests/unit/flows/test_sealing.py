"""Values that others carry for us and can neither read nor change."""

import base64
import zlib

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from authserver.errors import FlowInvalid
from authserver.flows.sealing import Sealer

KEY = bytes(range(32))
SEALER = Sealer(KEY)
MEMBERS = {"a": [1, None, "ä"], "secret": "of-nobody-else"}
# Sealed once: no two seals are alike, and what is drawn depends on the letters.
SEALED = SEALER.seal("p", MEMBERS)


def test_what_is_sealed_can_be_opened():
    assert SEALER.open("p", SEALER.seal("p", MEMBERS, "b"), "b") == MEMBERS


def test_the_same_is_never_sealed_alike():
    """Two of one nonce would give the key away (NIST SP 800-38D, section 8)."""
    assert len({SEALER.seal("p", MEMBERS) for _ in range(100)}) == 100


def test_it_can_be_part_of_an_address():
    sealed = SEALER.seal("p", MEMBERS)

    assert sealed.strip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == ""


def test_it_tells_nothing():
    sealed = SEALER.seal("p", MEMBERS)

    assert b"nobody" not in base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
    assert str(KEY) not in repr(SEALER)


@pytest.mark.parametrize(("purpose", "bound_to"), [("q", "b"), ("p", "c"), ("p", ""), ("p\0b", "")])
def test_it_is_for_one_purpose_and_bound_to_one_value(purpose, bound_to):
    sealed = SEALER.seal("p", MEMBERS, "b")

    with pytest.raises(FlowInvalid):
        SEALER.open(purpose, sealed, bound_to)


def test_another_installation_cannot_open_it():
    with pytest.raises(FlowInvalid):
        Sealer(bytes(32)).open("p", SEALER.seal("p", MEMBERS))


@given(st.data())
def test_a_changed_letter_makes_it_worthless(data):
    # The last letter has bits that mean nothing.
    place = data.draw(st.integers(0, len(SEALED) - 2))
    letter = data.draw(st.sampled_from("ABab01_-").filter(lambda found: found != SEALED[place]))

    with pytest.raises(FlowInvalid):
        SEALER.open("p", SEALED[:place] + letter + SEALED[place + 1 :])


@given(st.text(max_size=80) | st.text("ABCabc012_-", max_size=80))
def test_whatever_is_sent_instead_is_refused(text):
    with pytest.raises(FlowInvalid):
        SEALER.open("p", text)


@pytest.mark.parametrize("text", ["", "A", "AAAA", "A" * 20_000, "A" * 40 + "\n", "A" * 40 + "="])
def test_what_has_another_form_is_refused(text):
    with pytest.raises(FlowInvalid):
        SEALER.open("p", text)


def test_a_little_that_stands_for_very_much_is_refused():
    """Even if it were ours: no more is unpacked than a page is large."""
    nonce, packed = bytes(12), zlib.compress(b'"' + b"a" * 10_000_000 + b'"')
    sealed = nonce + AESGCM(KEY).encrypt(nonce, packed, b"p\0")

    with pytest.raises(FlowInvalid):
        SEALER.open("p", base64.urlsafe_b64encode(sealed).rstrip(b"=").decode())
