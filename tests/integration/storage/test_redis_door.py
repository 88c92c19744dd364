"""Redis, and what is left without it: everything, but slower."""

import time

import pytest
from structlog.testing import capture_logs

from authserver.storage.cache import NoCache, RedisCache
from authserver.storage.rate_limits import ProcessRateLimits, RedisRateLimits, parse_limit
from authserver.storage.redis import PATIENCE, REST, RedisDoor
from tests.integration.storage.conftest import SLACK

LIMIT = parse_limit("3/minute")


@pytest.fixture
def door(own_valkey):
    door = RedisDoor(own_valkey.url)
    yield door
    door.close()


@pytest.fixture
def closed_door(tmp_path):
    """The way to a Redis that is not there."""
    return RedisDoor(f"unix://{tmp_path}/none.sock")


def waits(limits, times: int, *key: str) -> list[bool]:
    """For each of so many attempts: whether it was one too many."""
    return [limits.wait(LIMIT, *key) > 0 for _ in range(times)]


# The door -----------------------------------------------------------------------------------------


def test_a_redis_that_is_not_there_is_no_error(closed_door):
    assert closed_door.attempt("PING", lambda client: client.get("x")) is None


def test_after_a_failure_it_is_left_alone_for_a_moment(closed_door):
    tried = []
    for _ in range(10):
        closed_door.attempt("PING", lambda client: tried.append(1) or client.get("x"))

    assert len(tried) == 1
    assert not closed_door.is_open


def test_a_failure_costs_one_line_in_the_log_and_not_one_a_request(own_valkey, door):
    """protocol.md, What fails how."""
    own_valkey.stop()

    with capture_logs() as logs:
        for _ in range(5):
            door.attempt("PING", lambda client: client.get("x"))
            door._closed_until = 0.0

    assert [line["event"] for line in logs] == ["redis.lost"]


def test_it_is_found_again(own_valkey, door):
    own_valkey.kill()
    door.attempt("PING", lambda client: client.get("x"))
    own_valkey.start()
    door._closed_until -= REST

    with capture_logs() as logs:
        assert door.attempt("PING", lambda client: client.ping()) is True

    assert [line["event"] for line in logs] == ["redis.found_again"]


def test_nobody_waits_for_a_frozen_redis(own_valkey, door, frozen):
    door.attempt("PING", lambda client: client.ping())
    started = time.monotonic()

    with frozen(own_valkey.pid):
        for _ in range(20):
            assert door.attempt("PING", lambda client: client.get("x")) is None

    assert time.monotonic() - started < PATIENCE + SLACK


# The cache ----------------------------------------------------------------------------------------


def test_what_was_put_in_comes_out(door):
    cache = RedisCache(door)

    cache.put("key", {"a": [1, None]}, 30)

    assert cache.get("key") == {"a": [1, None]}


def test_what_was_forgotten_is_gone(door):
    cache = RedisCache(door)
    cache.put("one", 1, 30)
    cache.put("two", 2, 30)

    cache.forget("one", "two")

    assert (cache.get("one"), cache.get("two")) == (None, None)


def test_it_is_kept_for_its_time_only(door):
    RedisCache(door).put("key", 1, 30)

    (name,) = door.client.keys()
    assert 0 < door.client.ttl(name) <= 30


def test_a_time_of_nought_keeps_nothing(door):
    """AUTHSERVER_CACHE_TTL=0."""
    RedisCache(door).put("key", 1, 0)

    assert door.client.keys() == []


def test_what_a_caller_sent_is_no_part_of_a_key(door):
    RedisCache(door).put("a@b.example\r\nFLUSHALL", 1, 30)

    (name,) = door.client.keys()
    assert b"example" not in name


def test_what_others_wrote_is_not_believed_to_be_json(door):
    """CWE-502."""
    cache = RedisCache(door)
    cache.put("key", 1, 30)
    door.client.set(door.client.keys()[0], b"\x80\x04pickle")

    assert cache.get("key") is None


@pytest.mark.parametrize("make", [RedisCache, lambda _: NoCache()])
def test_without_redis_nothing_is_remembered_and_nothing_fails(closed_door, make):
    cache = make(closed_door)

    cache.put("key", 1, 30)
    cache.forget("key")

    assert cache.get("key") is None


# The counters: one contract, two implementations --------------------------------------------------


@pytest.fixture(params=["redis", "process", "redis away"])
def limits(request, door, closed_door):
    made = {
        "redis": lambda: RedisRateLimits(door),
        "process": ProcessRateLimits,
        "redis away": lambda: RedisRateLimits(closed_door),
    }
    return made[request.param]()


def test_one_attempt_too_many_must_wait(limits):
    assert waits(limits, 5, "sign-in", "192.0.2.1") == [False] * 3 + [True] * 2


def test_the_wait_is_in_whole_seconds(limits):
    waits(limits, 3, "x")

    assert 1 <= limits.wait(LIMIT, "x") <= 60


def test_other_keys_are_counted_by_themselves(limits):
    waits(limits, 4, "one")

    assert limits.wait(LIMIT, "two") == 0


def test_to_ask_is_not_to_count(limits):
    for _ in range(10):
        assert limits.is_exhausted(LIMIT, "x") == 0

    waits(limits, 3, "x")
    assert limits.is_exhausted(LIMIT, "x") >= 1


def test_parts_of_a_key_are_not_run_together(limits):
    """("a", "bc") is not ("ab", "c")."""
    waits(limits, 4, "a", "bc")

    assert limits.wait(LIMIT, "ab", "c") == 0


def test_all_processes_count_together(own_valkey):
    doors = [RedisDoor(own_valkey.url) for _ in range(2)]
    one, two = map(RedisRateLimits, doors)

    waits(one, 3, "x")

    assert two.wait(LIMIT, "x") > 0


def test_what_was_counted_in_redis_goes_on_in_the_process(own_valkey, door):
    """protocol.md, What fails how: throttles fall back to the process."""
    limits = RedisRateLimits(door)
    own_valkey.kill()

    assert waits(limits, 5, "x") == [False] * 3 + [True] * 2


@pytest.mark.parametrize("text", ["", "x", "3/fortnight", "-1/minute"])
def test_a_limit_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        parse_limit(text)
