"""Numbers that are counted: none is lost, and counting costs next to nothing."""

import sys
import timeit
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from authserver.http.request_counts import count_request
from authserver.http.traces import ROUTE
from authserver.observability.series import (
    Counter,
    Durations,
    Family,
    Gauge,
    Histogram,
    Number,
    Sample,
)

THREADS, TIMES = 8, 20_000
MICROSECONDS = 5.0


def samples(family: Family[Any]) -> Iterator[Sample]:
    """All numbers of a family, as they are now."""
    for values, member in family.members.items():
        yield from family.samples_of(values, member)


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads give way to each other as often as Python lets them."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def test_no_addition_of_any_thread_is_lost(restless):
    number, durations = Number(), Durations((1.0,))

    def count(_: int) -> None:
        for _ in range(TIMES):
            number.add()
            durations.add(0.5)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(count, range(THREADS)))

    assert number.value == THREADS * TIMES
    assert durations.counts == [THREADS * TIMES, 0]


def test_two_threads_that_ask_first_get_one_number(restless):
    counter = Counter("tries_total", "Tries.", ("kind",))

    def count(turn: int) -> None:
        counter.of(f"kind {turn % 100}").add()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(count, range(2_000)))

    assert sum(sample.value for sample in samples(counter)) == 2_000


def test_a_number_without_labels_is_there_from_the_beginning():
    """Prometheus sees how a number grows, and not that it came to be."""
    assert list(samples(Counter("tries_total", "Tries."))) == [Sample("tries_total", [], 0)]


def test_a_duration_falls_into_the_first_bucket_that_is_large_enough():
    histogram = Histogram("seconds", "Seconds.", ("route",), bounds=(0.1, 1.0))
    for seconds in (0.05, 0.1, 0.5, 7.0):
        histogram.of("/a").add(seconds)

    buckets = {dict(each.labels).get("le"): each.value for each in samples(histogram)}

    assert buckets == {None: 7.65, "0.1": 2, "1.0": 1, "+Inf": 1}


def test_what_was_counted_before_a_fork_is_forgotten():
    counter, gauge = Counter("tries_total", "Tries."), Gauge("now", "Now.", ("kind",))
    histogram = Histogram("seconds", "Seconds.", bounds=(0.1,))
    kept = histogram.of()
    counter.of().add(3)
    gauge.of("a").set(4)
    kept.add(1.0)

    for family in (counter, gauge, histogram):
        family.forget()
    kept.add(0.05)

    assert next(iter(samples(counter))).value == 0
    assert next(iter(samples(gauge))).value == 0
    assert [each.value for each in samples(histogram)] == [0.05, 1, 0]


def test_counting_a_request_costs_microseconds():
    """performance.md: no lock, no system call, nothing to wait for. The best of several tries:
    others use the machine as well."""
    environ, times = {ROUTE: "/oauth2/token"}, 20_000

    seconds = min(
        timeit.repeat(lambda: count_request(environ, "200 OK", 0.003), number=times, repeat=7)
    )

    assert seconds / times * 1e6 < MICROSECONDS
