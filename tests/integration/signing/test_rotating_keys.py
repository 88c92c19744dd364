import threading
from datetime import timedelta

import orjson
import pytest

from authserver.actor import SYSTEM, Actor
from authserver.audit.repository import AuditRepository
from authserver.errors import Invalid
from authserver.signing.repository import SigningKeyRepository

DAY = 86_400


def kids(service):
    return {key.kid for key in service.list_keys()}


def kids_of(service, state, algorithm="ES256"):
    keys = service.list_keys()
    return [key.kid for key in keys if (key.algorithm, key.state) == (algorithm, state)]


def published(service):
    return {key["kid"] for key in orjson.loads(service.jwks())["keys"]}


def results(outcomes):
    return {outcome.algorithm: outcome.result for outcome in outcomes}


def in_parallel(*actions):
    gate, answers = threading.Barrier(len(actions)), []

    def run(action):
        gate.wait()
        answers.append(action())

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_a_rotation_right_after_the_bootstrap_takes_effect_at_once(signing):
    """The pair of the bootstrap is published together: nobody can hold a JWKS without both."""
    (following,) = kids_of(signing, "next")

    signing.rotate(SYSTEM)

    assert signing.signing_key("ES256").kid == following


def test_a_rotation_retires_the_key_that_signed(signing):
    former = signing.signing_key("ES256").kid

    signing.rotate(SYSTEM)

    assert kids_of(signing, "retired") == [former]


def test_a_rotation_makes_one_key_to_follow(signing):
    before = kids(signing)

    signing.rotate(SYSTEM, "ES256")

    assert set(kids_of(signing, "next")) == kids(signing) - before
    assert len(kids(signing) - before) == 1


def test_a_rotation_changes_the_secret_of_refresh_tokens_as_well(signing):
    former = signing.refresh_key().kid

    signing.rotate(SYSTEM)

    assert signing.refresh_key().kid != former
    assert signing.verification_key(former, "refresh").kid == former


def test_one_algorithm_can_be_rotated_alone(signing):
    former = signing.refresh_key().kid

    signing.rotate(SYSTEM, "ES256")

    assert signing.refresh_key().kid == former


def test_an_algorithm_that_has_no_keys_cannot_be_rotated(signing):
    with pytest.raises(Invalid):
        signing.rotate(SYSTEM, "PS256")


def test_a_rotation_makes_what_is_missing(make_service):
    service = make_service()

    service.rotate(SYSTEM)

    assert len(kids_of(service, "active")) == len(kids_of(service, "next")) == 1


def test_the_new_key_is_published_for_as_long_as_a_jwks_is_cached_before_it_signs(signing, clock):
    """KT-01: at each second, who signs has been in the JWKS that was fetched 300 s before."""
    signing.rotate(SYSTEM)
    history = []
    for second in range(0, 1200, 10):
        if second in (5 * 10, 50 * 10):
            signing.rotate(SYSTEM)
        signing.rings.expire()
        history.append((published(signing), signing.signing_key("ES256").kid))
        clock.advance(10)

    late = [
        step for step, (_, kid) in enumerate(history) if kid not in history[max(0, step - 30)][0]
    ]

    assert late == []
    assert len({kid for _, kid in history}) == 3


def test_a_promoted_key_waits_until_it_has_been_published(signing, clock):
    """KT-01."""
    signing.rotate(SYSTEM)
    signing_now = signing.signing_key("ES256").kid

    outcome = signing.rotate(SYSTEM, "ES256")[0]

    assert outcome.activated_at == clock.now() + timedelta(seconds=360)
    assert signing.signing_key("ES256").kid == signing_now


def test_a_promoted_key_comes_into_office_in_all_processes_without_a_word(
    signing, make_service, clock
):
    """State follows from time: not even the database is asked."""
    signing.rotate(SYSTEM)
    (outcome,) = signing.rotate(SYSTEM, "ES256")
    other = make_service()
    other.ring()

    clock.advance(360)

    assert other.signing_key("ES256").kid == outcome.kid


def test_as_long_as_a_promoted_key_waits_a_rotation_reports_it_and_does_nothing(signing):
    signing.rotate(SYSTEM)
    (waiting,) = signing.rotate(SYSTEM, "ES256")
    before = kids(signing)

    (outcome,) = signing.rotate(SYSTEM, "ES256")

    assert (outcome.result, outcome.kid) == ("pending", waiting.kid)
    assert kids(signing) == before


def test_a_key_that_gives_way_later_expires_later(signing, clock):
    """KT-01: its last tokens are signed just before the other one comes into office."""
    signing.rotate(SYSTEM)
    former = signing.signing_key("ES256").kid

    (outcome,) = signing.rotate(SYSTEM, "ES256")

    expires_at = next(key.expires_at for key in signing.list_keys() if key.kid == former)
    assert expires_at >= outcome.activated_at + timedelta(days=1)


def test_a_retired_key_verifies_until_it_expires(signing, clock):
    """KT-01."""
    former = signing.signing_key("ES256").kid
    signing.rotate(SYSTEM)

    clock.advance(DAY)

    assert signing.verification_key(former, "token").kid == former
    assert former in published(signing)


def test_a_retired_key_that_has_expired_verifies_nothing(signing, clock):
    """JW-34, also while the ring in memory still holds it."""
    former = signing.signing_key("ES256").kid
    signing.rotate(SYSTEM)
    signing.ring()

    clock.advance(DAY + 60)

    assert signing.ring().find(former) is not None
    assert signing.verification_key(former, "token") is None
    assert former not in published(signing)


def test_a_retired_secret_verifies_as_long_as_a_session_lives(signing, clock):
    former = signing.refresh_key().kid
    signing.rotate(SYSTEM)

    clock.advance(90 * DAY)

    assert signing.verification_key(former, "refresh").kid == former


def test_expired_keys_are_deleted_and_no_others(signing, clock):
    former = signing.signing_key("ES256").kid
    signing.rotate(SYSTEM)
    before = kids(signing)
    clock.advance(2 * DAY)

    count = signing.forget_expired()

    assert (count, before - kids(signing)) == (1, {former})


def test_a_rotation_is_recorded_with_who_did_it(signing):
    former = signing.signing_key("ES256").kid

    signing.rotate(Actor("user", "admin"), "ES256")

    event = signing.audit.list(before=None, limit=1)[0]
    assert (event.event, event.actor_id) == ("signing_key.rotated", "admin")
    assert (event.detail["previous_kid"], event.detail["kid"]) == (
        former,
        signing.signing_key("ES256").kid,
    )


# Two at once --------------------------------------------------------------------------------------


def test_two_rotations_at_once_make_one_new_key(signing, make_service, database):
    """KT-04."""
    gate = threading.Barrier(2)

    class Simultaneous(SigningKeyRepository):
        """Lets both see the same head before either takes the lock."""

        def lock(self, tx):
            gate.wait(10)
            super().lock(tx)

    before = kids(signing)
    services = [make_service(keys=Simultaneous()) for _ in range(2)]

    answers = in_parallel(*[lambda each=each: each.rotate(SYSTEM, "ES256") for each in services])

    assert sorted(outcome.result for (outcome,) in answers) == ["rotated", "unchanged"]
    assert len(kids(signing) - before) == 1
    assert len(kids_of(signing, "active")) == 1


def test_eight_rotations_at_once_leave_one_key_that_signs_and_one_that_waits(signing, make_service):
    """KT-04: whichever come after one another, never are there two of a kind."""
    services = [make_service() for _ in range(8)]

    in_parallel(*[lambda each=each: each.rotate(SYSTEM, "ES256") for each in services])

    records = [key for key in signing.list_keys() if key.algorithm == "ES256"]
    assert len(kids_of(signing, "active")) == 1
    assert sum(key.activated_at is None for key in records) == 1


# A crash in the middle ----------------------------------------------------------------------------


class CrashError(Exception):
    """The process ends here."""


def crashing(base, step, *parts):
    """A repository that does a step and then crashes: what follows never happens."""

    def act(self, *args, **kwargs):
        getattr(base, step)(self, *args, **kwargs)
        raise CrashError

    return type("Crashing", (base,), {step: act})(*parts)


@pytest.mark.parametrize("step", ["lock", "activate", "expire", "add"])
def test_a_crash_after_any_step_of_a_rotation_leaves_all_as_it_was(signing, make_service, step):
    """KT-03."""
    before = signing.list_keys()

    with pytest.raises(CrashError):
        make_service(keys=crashing(SigningKeyRepository, step)).rotate(SYSTEM)

    assert signing.list_keys() == before


def test_a_crash_before_the_commit_leaves_all_as_it_was(signing, make_service):
    """KT-03: the last step is the audit record."""
    before = signing.list_keys()

    with pytest.raises(CrashError):
        make_service(events=crashing(AuditRepository, "add", None)).rotate(SYSTEM)

    assert signing.list_keys() == before


def test_after_a_crash_the_next_rotation_succeeds(signing, make_service):
    """KT-03."""
    with pytest.raises(CrashError):
        make_service(keys=crashing(SigningKeyRepository, "activate")).rotate(SYSTEM)

    outcomes = signing.rotate(SYSTEM)

    assert results(outcomes) == {"ES256": "rotated", "HS256": "rotated"}


@pytest.mark.parametrize("step", ["lock", "add"])
def test_a_crash_of_the_bootstrap_leaves_nothing_half_done(make_service, step):
    """KT-03."""
    with pytest.raises(CrashError):
        make_service(keys=crashing(SigningKeyRepository, step)).ensure_keys(SYSTEM)

    assert make_service().list_keys() == []


# By schedule --------------------------------------------------------------------------------------


def test_a_key_that_has_signed_for_long_enough_gives_way(make_service, clock):
    service = make_service(signing_key_rotation=DAY)
    service.ensure_keys(SYSTEM)
    (following,) = kids_of(service, "next")
    clock.advance(DAY)

    service.rotate_when_due()

    assert service.signing_key("ES256").kid == following


def test_a_key_that_is_young_stays(make_service, clock):
    service = make_service(signing_key_rotation=DAY)
    service.ensure_keys(SYSTEM)
    clock.advance(DAY - 1)

    assert service.rotate_when_due() == []


def test_without_a_schedule_keys_stay_for_ever(make_service, clock):
    service = make_service(signing_key_rotation=0)
    service.ensure_keys(SYSTEM)
    clock.advance(10_000 * DAY)

    assert service.rotate_when_due() == []


def test_a_promoted_key_that_waits_is_not_due(make_service, clock):
    service = make_service(signing_key_rotation=DAY)
    service.ensure_keys(SYSTEM)
    service.rotate(SYSTEM)
    service.rotate(SYSTEM)
    before = kids(service)

    assert service.rotate_when_due() == []
    assert kids(service) == before


def test_processes_that_rotate_by_schedule_rotate_once(make_service, clock):
    """Each holds a ring that shows the key as due, also after another has rotated it."""
    services = [make_service(signing_key_rotation=DAY) for _ in range(4)]
    services[0].ensure_keys(SYSTEM)
    clock.advance(DAY)
    for service in services:
        service.ring()

    in_parallel(*[service.rotate_when_due for service in services])
    for service in services:
        service.rotate_when_due()

    assert len(kids_of(services[0], "retired")) == 1
    assert len(kids_of(services[0], "next")) == 1
