"""How people are called."""

import pytest

from authserver.errors import Invalid
from authserver.users.names import normalise_full_name


@pytest.mark.parametrize("name", ["Ada Lovelace", "李小龍", "Þórr Ægirsson", "X", "👩‍🚀"])
def test_any_name_on_one_line_is_a_name(name):
    assert normalise_full_name(name) == name


def test_both_ways_to_write_an_accent_are_one():
    assert normalise_full_name("Ame\u0301lie") == "Am\u00e9lie"


def test_space_around_a_name_is_dropped():
    assert normalise_full_name("  Ada ") == "Ada"


@pytest.mark.parametrize("nothing", [None, "", "   "])
def test_an_empty_name_is_none(nothing):
    assert normalise_full_name(nothing) is None


@pytest.mark.parametrize("letter", ["\0", "\n", "\x1b", "\u2028", "\ud800"])
def test_what_is_not_on_one_line_is_refused(letter):
    with pytest.raises(Invalid):
        normalise_full_name(f"Ada{letter}")


def test_the_longest_name_is_accepted():
    assert normalise_full_name("é" * 255) == "é" * 255


def test_a_longer_name_is_refused():
    with pytest.raises(Invalid) as refusal:
        normalise_full_name("a" * 256)

    assert "255" in refusal.value.fields["full_name"][0]


def test_a_name_that_grows_too_long_in_nfc_is_refused():
    """U+0958 has no composed form in NFC: it becomes two letters."""
    with pytest.raises(Invalid):
        normalise_full_name("\u0958" * 200)
