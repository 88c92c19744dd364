import threading
from collections import Counter
from datetime import timedelta

import orjson
import pytest
from sqlalchemy import text

from authserver.actor import SYSTEM, Actor
from authserver.audit.search import Search
from authserver.errors import Unavailable


def in_parallel(*actions):
    gate, results = threading.Barrier(len(actions)), []

    def run(action):
        gate.wait()
        results.append(action())

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def states(service):
    return Counter((key.algorithm, key.state) for key in service.list_keys())


def test_a_bootstrap_makes_a_key_that_signs_and_one_to_follow(make_service):
    service = make_service(signing_algorithms=["ES256", "Ed25519"])

    service.ensure_keys(SYSTEM)

    assert states(service) == {
        (algorithm, state): 1
        for algorithm in ("ES256", "Ed25519", "HS256")
        for state in ("active", "next")
    }


def test_a_bootstrap_tells_the_ids_of_what_it_made(make_service):
    service = make_service()

    made = service.ensure_keys(SYSTEM)

    assert set(made) == {key.kid for key in service.list_keys()}


def test_a_second_start_makes_nothing(signing):
    assert signing.ensure_keys(SYSTEM) == []


def test_the_first_keys_sign_at_once(signing, clock):
    assert signing.signing_key("ES256").activated_at == clock.now()
    assert signing.refresh_key().activated_at == clock.now()


def test_processes_that_start_at_once_make_one_pair_for_each_algorithm(make_service):
    services = [make_service() for _ in range(4)]

    in_parallel(*[lambda each=each: each.ensure_keys(SYSTEM) for each in services])

    assert set(states(services[0]).values()) == {1}


def test_an_algorithm_that_is_added_later_is_published_before_it_signs(
    signing, make_service, clock
):
    """KT-01."""
    grown = make_service(signing_algorithms=["ES256", "Ed25519"])
    grown.ensure_keys(SYSTEM)

    algorithms = [key["alg"] for key in orjson.loads(grown.jwks())["keys"]]
    with pytest.raises(Unavailable) as caught:
        grown.signing_key("Ed25519")

    assert algorithms.count("Ed25519") == 2
    assert caught.value.retry_after == 360


def test_an_algorithm_that_is_added_later_signs_when_its_time_has_come(
    signing, make_service, clock
):
    grown = make_service(signing_algorithms=["ES256", "Ed25519"])
    grown.ensure_keys(SYSTEM)

    clock.advance(360)

    assert grown.signing_key("Ed25519").activated_at == clock.now()


def test_an_algorithm_that_is_added_later_leaves_the_others_alone(signing, make_service):
    before = signing.signing_key("ES256").kid
    grown = make_service(signing_algorithms=["ES256", "Ed25519"])

    grown.ensure_keys(SYSTEM)

    assert grown.signing_key("ES256").kid == before


def test_keys_of_an_algorithm_that_is_no_longer_configured_are_still_published(
    signing, make_service
):
    kid = signing.signing_key("ES256").kid
    changed = make_service(signing_algorithms=["Ed25519"])

    changed.ensure_keys(SYSTEM)

    assert changed.verification_key(kid, "token").kid == kid
    assert kid.encode() in changed.jwks()


def test_a_key_that_comes_into_office_is_recorded(make_service, database):
    service = make_service()

    service.ensure_keys(Actor("user", "admin"))

    events = service.audit.list(Search(event="signing_key.rotated"), before=None, limit=10)
    assert {(event.actor_id, event.detail["kid"]) for event in events} == {
        ("admin", service.signing_key("ES256").kid),
        ("admin", service.refresh_key().kid),
    }


def test_the_secret_of_refresh_tokens_is_stored_without_a_public_part(signing, database):
    with database.transaction() as tx:
        count = tx.scalar(
            text(
                "SELECT count(*) FROM signing_keys"
                " WHERE (public_jwk IS NULL) = (purpose = 'refresh')"
            )
        )

    assert count == 4


def test_no_private_key_rests_in_the_database_in_clear(signing, database):
    secret = signing.refresh_key().private.raw_value

    with database.transaction() as tx:
        stored = tx.scalars(text("SELECT sealed FROM signing_keys")).all()

    assert not any(secret in bytes(sealed) for sealed in stored)


def test_times_are_stored_and_read_as_utc(signing, database, clock):
    """KT-13."""
    with database.transaction() as tx:
        stored = tx.scalar(text("SELECT min(usable_from AT TIME ZONE 'UTC') FROM signing_keys"))

    assert stored == clock.now().replace(tzinfo=None)
    assert all(key.usable_from.utcoffset() == timedelta(0) for key in signing.ring().keys)
