"""What may be said of a role."""

import pytest

from authserver.errors import Invalid
from authserver.roles.changes import valid_changes, valid_name, valid_permissions


@pytest.mark.parametrize("name", ["a", "7", "auditor", "eu.ops:on-call_2", "a" * 50])
def test_a_name_is_accepted(name):
    assert valid_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "a" * 51, "Admin", "-a", ".a", "a b", "a,b", "ä", "a\n", "\na", "a\0", "а"],  # noqa: RUF001
)
def test_what_could_be_mistaken_in_a_token_is_no_name(name):
    with pytest.raises(Invalid) as refusal:
        valid_name(name)

    assert list(refusal.value.fields) == ["name"]


def test_permissions_are_put_in_order_each_once():
    wanted = ["users:write", "roles:write", "users:write"]

    assert valid_permissions(wanted) == ["roles:write", "users:write"]


def test_an_unknown_permission_is_refused_with_the_list_of_known_ones():
    with pytest.raises(Invalid) as refusal:
        valid_permissions(["users:read", "users:everything"])

    assert "users:write" in refusal.value.fields["permissions"][0]
    assert "users:everything" not in refusal.value.fields["permissions"][0]


def test_what_is_not_to_change_stays_absent():
    assert valid_changes({"description": None}) == {"description": None}
