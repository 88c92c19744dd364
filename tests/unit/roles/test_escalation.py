"""Nobody gives, takes or overrules more than they have."""

import pytest

from authserver.errors import InsufficientPermission
from authserver.roles.escalation import assert_covers


@pytest.mark.parametrize("needed", [[], ["a"], ["a", "b"]])
def test_one_may_do_what_is_within_ones_own_permissions(needed):
    assert_covers(frozenset({"a", "b"}), needed)


@pytest.mark.parametrize("needed", [["c"], ["a", "c"]])
def test_one_may_not_go_beyond_them(needed):
    """API-08, CVE-2026-17526."""
    with pytest.raises(InsufficientPermission):
        assert_covers(frozenset({"a", "b"}), needed)


def test_who_has_nothing_may_not_give_anything():
    """Nothing is not the same as the system."""
    with pytest.raises(InsufficientPermission):
        assert_covers(frozenset(), ["a"])


def test_the_system_may_do_everything():
    assert_covers(None, ["a", "b", "c"])
