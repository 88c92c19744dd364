from dataclasses import replace
from datetime import timedelta

import pytest

from authserver.errors import Unavailable
from authserver.signing.keys import KeyRing


@pytest.fixture
def rotated(make_key):
    """A slot in the middle of its life: retired, active, promoted, next."""
    return (
        make_key(activated=-100, expires=50),
        make_key(activated=-10, expires=90),
        make_key(activated=10),
        make_key(),
    )


def test_each_key_has_the_state_that_follows_from_the_time(rotated, now):
    ring = KeyRing(rotated)

    states = [ring.state(key, now) for key in rotated]

    assert states == ["retired", "active", "next", "next"]


def test_a_key_comes_into_office_at_its_time(rotated, now):
    ring = KeyRing(rotated)

    later = now + timedelta(seconds=10)

    assert ring.active("token", "ES256", later) == rotated[2]
    assert ring.state(rotated[1], later) == "retired"


def test_the_order_of_the_keys_does_not_matter(rotated, now):
    ring = KeyRing(rotated[::-1])

    assert ring.active("token", "ES256", now) == rotated[1]


def test_keys_of_other_algorithms_and_purposes_sign_for_themselves(make_key, now):
    token, other = make_key(activated=-9), make_key("Ed25519", activated=-1)
    secret = make_key("HS256", "refresh", activated=-2)
    ring = KeyRing((token, other, secret))

    assert ring.active("token", "ES256", now) == token
    assert ring.active("refresh", "HS256", now) == secret


def test_the_youngest_activated_key_is_the_head_even_before_its_time(rotated):
    assert KeyRing(rotated).head(rotated[0].slot) == rotated[2]


def test_a_key_is_found_by_its_kid(rotated):
    assert KeyRing(rotated).find(rotated[3].kid) == rotated[3]


@pytest.mark.parametrize("kid", ["", "../../keys/private.pem", "' or 1=1--", "\x00", "k" * 10**6])
def test_an_unknown_kid_finds_nothing(rotated, kid):
    """JW-10."""
    assert KeyRing(rotated).find(kid) is None


def test_an_algorithm_without_keys_is_unavailable(rotated, now):
    with pytest.raises(Unavailable, match="AUTHSERVER_SIGNING_ALGORITHMS"):
        KeyRing(rotated).active("token", "PS256", now)


def test_an_algorithm_whose_first_key_waits_says_for_how_long(make_key, now):
    ring = KeyRing((make_key(activated=359.5), make_key()))

    with pytest.raises(Unavailable) as caught:
        ring.active("token", "ES256", now)

    assert caught.value.retry_after == 360


def test_an_expired_key_does_not_sign(make_key, now):
    ring = KeyRing((make_key(activated=-9, expires=0),))

    with pytest.raises(Unavailable):
        ring.active("token", "ES256", now)


def test_the_next_change_is_the_nearest_moment_ahead(rotated, now):
    ring = KeyRing(rotated)

    assert ring.changes_at(now) == now + timedelta(seconds=10)
    assert ring.changes_at(now + timedelta(seconds=90)) is None


def test_rings_of_equal_keys_are_equal(make_key):
    key = make_key()

    assert KeyRing((key,)) == KeyRing((key,))
    assert KeyRing((key,)) != KeyRing((make_key(),))


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_keys_activated_in_one_instant_the_one_that_gave_way_is_retired(
    make_key, now, order
):
    """A rotation right after the bootstrap, or on a coarse clock; no kid decides it."""
    former, signing = sorted((make_key(activated=0), make_key(activated=0)), key=_kid)[::order]
    ring = KeyRing((replace(former, expires_at=now + timedelta(days=1)), signing))

    assert ring.active("token", "ES256", now) == signing


@pytest.mark.parametrize("order", [1, -1])
def test_the_younger_of_the_two_signs_until_its_promoted_successor_does(make_key, now, order):
    """Both have an end by then: the one that gave way first has the earlier one."""
    keys = sorted((make_key(activated=0), make_key(activated=0)), key=_kid)[::order]
    former = replace(keys[0], expires_at=now + timedelta(days=1))
    signing = replace(keys[1], expires_at=now + timedelta(days=1, seconds=360))
    ring = KeyRing((former, signing, make_key(activated=360)))

    assert ring.active("token", "ES256", now) == signing


def _kid(key):
    return key.kid


def test_the_secret_of_refresh_tokens_is_not_among_the_published_keys(make_key, now):
    token, secret = make_key(activated=-1), make_key("HS256", "refresh", activated=-1)

    assert KeyRing((token, secret)).published(now) == [token]
