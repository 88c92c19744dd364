"""Profiles on their way through the cache."""

from datetime import UTC, datetime

import orjson
import pytest

from authserver.ids import new_id
from authserver.roles.holding import Holding
from authserver.users.user import Profile, from_cache, to_cache

PROFILE = Profile(
    id=new_id(),
    email="ada@example.com",
    email_verified=True,
    full_name=None,
    profile={"locale": "en"},
    enabled=False,
    version=7,
    created_at=datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC),
    updated_at=datetime(2026, 11, 22, 13, 0, tzinfo=UTC),
    roles=("user",),
    permissions=["users:read"],
)
HOLDING = Holding(("user",), frozenset({"users:read"}))


def test_a_profile_comes_back_from_the_cache_as_it_was():
    stored = orjson.loads(orjson.dumps(to_cache(PROFILE)))

    assert from_cache(stored, HOLDING) == PROFILE


def test_the_cache_does_not_hold_the_roles():
    """They are forgotten on their own."""
    assert not {"roles", "permissions"} & to_cache(PROFILE).keys()


@pytest.mark.parametrize(
    "stored", [None, 1, "x", [], {}, to_cache(PROFILE) | {"id": "x"}, to_cache(PROFILE) | {"id": 1}]
)
def test_what_another_version_stored_is_not_there(stored):
    assert from_cache(stored, HOLDING) is None
