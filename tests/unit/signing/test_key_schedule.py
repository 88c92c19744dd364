from datetime import timedelta

import pytest

from authserver.errors import Invalid
from authserver.settings import Settings
from authserver.signing.schedule import KeyPolicy, Slot

REFRESH_SLOT = Slot("refresh", "HS256")


def policy(**settings):
    return KeyPolicy.of(
        Settings(issuer="https://id.example", database_url="postgresql:///x", **settings)
    )


def seconds(duration):
    return duration.total_seconds()


def test_a_new_installation_needs_two_keys_for_each_algorithm_and_for_refresh_tokens(now):
    vacancies = policy(signing_algorithms=["ES256", "RS256"]).vacancies([], now)

    slots = [Slot("token", "ES256"), Slot("token", "RS256"), REFRESH_SLOT]
    assert [vacancy.slot for vacancy in vacancies] == [slot for slot in slots for _ in range(2)]


def test_the_keys_of_a_new_installation_may_sign_at_once(now):
    vacancies = policy().vacancies([], now)

    assert {vacancy.usable_from for vacancy in vacancies} == {now}


def test_an_algorithm_that_is_added_later_is_published_first(now, make_key):
    """KT-01."""
    keys = [make_key(activated=-9), make_key(), make_key("HS256", "refresh", activated=-9)]

    vacancies = policy(signing_algorithms=["ES256", "RS256"], jwks_max_age=300).vacancies(keys, now)

    added = [vacancy for vacancy in vacancies if vacancy.slot == Slot("token", "RS256")]
    assert [vacancy.activated_at for vacancy in added] == [now + timedelta(seconds=360), None]


def test_an_algorithm_named_twice_has_one_pair_of_keys():
    assert policy(signing_algorithms=["ES256", "ES256"]).algorithms == ("ES256",)


def test_a_retired_key_stays_as_configured(now):
    retention = policy(signing_key_retention=86_400).expiry(Slot("token", "ES256"), now) - now

    assert seconds(retention) >= 86_400


def test_a_retired_key_outlives_the_last_token_in_any_cache(now):
    """KT-01: the JWKS holds both for the life of a token and the age of a cache."""
    wishes = policy(signing_key_retention=3600, access_token_ttl=3600, jwks_max_age=3600)

    retention = wishes.expiry(Slot("token", "ES256"), now) - now

    assert seconds(retention) >= 7200


def test_a_retired_secret_outlives_every_session(now):
    wishes = policy(signing_key_retention=3600, session_absolute_ttl=864_000)

    assert seconds(wishes.expiry(REFRESH_SLOT, now) - now) >= 864_000


@pytest.mark.parametrize(
    ("rotation", "age", "due"), [(100, 99, False), (100, 100, True), (0, 10**9, False)]
)
def test_a_key_is_due_at_its_age_and_never_when_rotation_is_off(now, make_key, rotation, age, due):
    key = make_key(activated=-age)

    assert policy(signing_key_rotation=rotation).is_due(key, now) is due


def test_the_algorithm_of_refresh_tokens_can_be_chosen():
    assert policy().slots_of("HS256") == (REFRESH_SLOT,)


def test_an_algorithm_that_is_not_configured_is_refused_with_those_that_are():
    with pytest.raises(Invalid) as caught:
        policy(signing_algorithms=["ES256"]).slots_of("PS256")

    assert caught.value.fields == {"algorithm": ["Expected one of ES256, HS256."]}
