"""How many requests one caller may send, and what is told of it."""

import pytest

from authserver.errors import Quota, RateLimited
from authserver.http.request_limits import RequestLimit, RequestLimits
from authserver.settings import Settings

AMOUNT, SECONDS = 3, 60


class Time:
    """Passes when told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def limit(time: Time) -> RequestLimit:
    return RequestLimit(Quota("requests_api", AMOUNT, SECONDS), bound=4, monotonic=time)


def refused(limit: RequestLimit, caller: str) -> RateLimited | None:
    try:
        limit.take(caller)
    except RateLimited as error:
        return error
    return None


def test_so_many_requests_at_once_are_let_through(limit):
    assert [refused(limit, "a") is None for _ in range(4)] == [True, True, True, False]


def test_callers_are_counted_apart(limit):
    for _ in range(AMOUNT):
        limit.take("a")

    assert refused(limit, "b") is None


def test_what_was_used_comes_back_one_by_one(limit, time):
    for _ in range(AMOUNT):
        limit.take("a")
    time.now += SECONDS / AMOUNT

    assert [refused(limit, "a") is None for _ in range(2)] == [True, False]


def test_after_the_whole_time_there_is_everything_again_and_no_more(limit, time):
    for _ in range(AMOUNT):
        limit.take("a")
    time.now += SECONDS * 10

    assert [refused(limit, "a") is None for _ in range(4)] == [True, True, True, False]


def test_who_is_refused_is_told_when_to_come_again(limit, time):
    for _ in range(AMOUNT):
        limit.take("a")
    time.now += 5

    error = refused(limit, "a")

    assert error is not None
    assert error.retry_after == 15
    time.now += 15
    assert refused(limit, "a") is None


def test_a_request_that_is_refused_costs_nothing(limit, time):
    """Else one who keeps asking would never be let through again."""
    for _ in range(AMOUNT + 10):
        refused(limit, "a")
    time.now += SECONDS / AMOUNT

    assert refused(limit, "a") is None


def test_what_is_left_is_told(limit):
    """draft-ietf-httpapi-ratelimit-headers-11, sections 3 and 4."""
    told = [dict(limit.take("a")) for _ in range(AMOUNT)]

    assert {answer["RateLimit-Policy"] for answer in told} == {'"requests_api";q=3;w=60'}
    assert [answer["RateLimit"] for answer in told] == [
        '"requests_api";r=2;t=20',
        '"requests_api";r=1;t=20',
        '"requests_api";r=0;t=20',
    ]


def test_callers_are_not_remembered_without_end(limit):
    """Attack DO-09: addresses cost nothing."""
    for number in range(1000):
        limit.take(f"caller-{number}")

    assert len(limit._whole_at) + len(limit._before) <= 2 * 5


def test_who_keeps_coming_is_not_forgotten_for_those_who_do_not(limit):
    for _ in range(AMOUNT):
        limit.take("a")
    for number in range(4):
        limit.take(f"other-{number}")

    assert refused(limit, "a") is not None


def test_who_keeps_coming_although_refused_is_not_forgotten_either(limit):
    for _ in range(AMOUNT):
        limit.take("a")

    for number in range(40):
        limit.take(f"other-{number}")
        assert refused(limit, "a") is not None


def test_what_is_told_beforehand_is_what_a_refusal_tells(limit, time):
    """The last answer says in how many seconds there will be more; so does the refusal after it."""
    for _ in range(AMOUNT):
        told = dict(limit.take("a"))["RateLimit"]
        time.now += 1
    time.now -= 1

    error = refused(limit, "a")

    assert error is not None
    assert told.endswith(f";t={error.retry_after}")


def test_by_default_nothing_is_limited():
    settings = Settings(issuer="https://id.example", database_url="postgresql://x/y")

    assert RequestLimits.of(settings) == RequestLimits()


def test_each_limit_has_a_setting_of_its_own():
    names = RequestLimits.__dataclass_fields__
    settings = Settings(
        issuer="https://id.example",
        database_url="postgresql://x/y",
        **{f"request_limit_{name}": "7/hour" for name in names},
    )

    limits = RequestLimits.of(settings)

    assert {getattr(limits, name).quota for name in names} == {
        Quota(f"requests_{name}", 7, 3600) for name in names
    }
