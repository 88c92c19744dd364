import threading

import pytest

from authserver.errors import Unavailable
from authserver.signing.keys import KeyRing, SigningKeysError
from authserver.signing.rings import RingCache


class Reader:
    """Reads rings, counts how often, and fails when it is told to."""

    def __init__(self):
        self.formers = []
        self.failure = None

    def __call__(self, former):
        self.formers.append(former)
        if self.failure:
            raise self.failure
        return KeyRing(())


@pytest.fixture
def reader():
    return Reader()


@pytest.fixture
def time():
    return [100.0]


@pytest.fixture
def cache(time):
    return RingCache(monotonic=lambda: time[0])


def test_the_ring_is_read_once_in_two_seconds(cache, reader, time):
    cache.get(reader)
    time[0] += 1.9

    cache.get(reader)

    assert len(reader.formers) == 1


def test_the_ring_is_read_again_after_two_seconds(cache, reader, time):
    first = cache.get(reader)
    time[0] += 2

    second = cache.get(reader)

    assert second is not first
    assert reader.formers[1] is first


def test_whoever_is_impatient_gets_a_ring_of_a_second(cache, reader, time):
    cache.get(reader)
    time[0] += 1

    cache.get(reader, at_most=1)
    cache.get(reader, at_most=1)

    assert len(reader.formers) == 2


def test_an_expired_ring_is_read_at_the_next_occasion(cache, reader):
    cache.get(reader)

    cache.expire()
    cache.get(reader)

    assert len(reader.formers) == 2


@pytest.mark.parametrize("failure", [Unavailable(), SigningKeysError("a row is damaged")])
def test_the_last_good_ring_outlives_a_failure(cache, reader, time, failure):
    good = cache.get(reader)
    reader.failure = failure
    time[0] += 2

    assert cache.get(reader) is good


def test_a_failure_costs_one_attempt_in_two_seconds(cache, reader, time):
    cache.get(reader)
    reader.failure = Unavailable()
    time[0] += 2

    cache.get(reader)
    cache.get(reader)

    assert len(reader.formers) == 2


def test_the_ring_is_renewed_when_the_failure_is_over(cache, reader, time):
    good = cache.get(reader)
    reader.failure = Unavailable()
    time[0] += 2
    cache.get(reader)

    reader.failure = None
    time[0] += 2

    assert cache.get(reader) is not good


@pytest.mark.parametrize("failure", [Unavailable(), SigningKeysError("no keys")])
def test_the_first_failure_is_told(cache, reader, failure):
    reader.failure = failure

    with pytest.raises(type(failure)):
        cache.get(reader)


def test_one_thread_reads_while_the_others_go_on(cache, reader, time):
    good = cache.get(reader)
    entered, leave = threading.Event(), threading.Event()

    def slow(former):
        entered.set()
        leave.wait(10)
        return KeyRing(())

    time[0] += 2
    thread = threading.Thread(target=cache.get, args=(slow,))
    thread.start()
    entered.wait(10)

    seen = cache.get(reader)
    leave.set()
    thread.join()

    assert seen is good
    assert len(reader.formers) == 1


def test_threads_that_come_first_wait_for_one_reading(cache):
    gate, formers = threading.Barrier(8), []

    def slow(former):
        formers.append(former)
        threading.Event().wait(0.05)
        return KeyRing(())

    def come():
        gate.wait()
        cache.get(slow)

    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert formers == [None]
