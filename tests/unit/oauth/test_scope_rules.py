"""Scopes as they are asked for and granted (RFC 6749, section 3.3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authserver.errors import InvalidScope
from authserver.oauth.scopes import grant_scope, parse_scope

SCOPES = st.frozensets(st.sampled_from(["openid", "email", "users:read", "a", "b"]))


def test_nothing_asked_for_is_not_nothing():
    assert parse_scope(None) is None


def test_scopes_are_parted_by_spaces():
    assert parse_scope("openid users:read") == {"openid", "users:read"}


def test_a_scope_may_be_named_twice():
    assert parse_scope("openid openid") == {"openid"}


@pytest.mark.parametrize(
    "text", ["", " ", " a", "a ", "a  b", "a\tb", "a\nb", 'a"b', "a\\b", "\u00e9", "a\u2003b"]
)
def test_other_characters_and_spaces_are_refused(text):
    """RFC 6749, section 3.3: %x21 / %x23-5B / %x5D-7E, single spaces."""
    with pytest.raises(InvalidScope):
        parse_scope(text)


@given(SCOPES)
def test_all_of_it_is_granted_when_nothing_is_asked_for(allowed):
    assert grant_scope(None, allowed) == allowed


@given(SCOPES, SCOPES)
def test_no_more_is_granted_than_asked_for_and_allowed(asked, allowed):
    try:
        granted = grant_scope(asked, allowed)
    except InvalidScope:
        assert not asked & allowed
    else:
        assert granted == asked & allowed
