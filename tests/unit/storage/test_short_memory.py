"""What a process may remember, and for how long: performance.md, rule 2."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from authserver.errors import Unavailable
from authserver.storage.short_memory import ShortMemory


@dataclass
class Watch:
    """A monotonic clock that moves when it is told to."""

    time: float = 100.0

    def __call__(self) -> float:
        return self.time


@dataclass
class Source:
    """Counts how often it is asked, and answers with the count."""

    asked: int = 0
    answers: Iterator[int] = field(default_factory=lambda: iter(range(1, 100_000)))

    def __call__(self) -> int:
        self.asked += 1
        return next(self.answers)


@pytest.fixture
def watch() -> Watch:
    return Watch()


def make_memory(watch: Watch, bound: int = 10) -> ShortMemory[str, int | None]:
    return ShortMemory("of this test", ttl=0.9, bound=bound, monotonic=watch)


def test_an_answer_is_remembered(watch):
    memory, source = make_memory(watch), Source()
    memory.get("a", source)

    watch.time += 0.89

    assert memory.get("a", source) == 1


def test_an_answer_is_asked_for_again_after_its_time(watch):
    memory, source = make_memory(watch), Source()
    memory.get("a", source)

    watch.time += 0.9

    assert memory.get("a", source) == 2


def test_the_time_of_an_answer_begins_before_it_was_asked_for(watch):
    """A slow answer is as old as the question: the promised second counts from there."""
    memory, source = make_memory(watch), Source()

    def slow() -> int:
        watch.time += 0.8
        return source()

    memory.get("a", slow)
    watch.time += 0.2

    assert memory.get("a", source) == 2


def test_that_there_is_none_is_remembered_as_well(watch):
    memory, source = make_memory(watch), Source()
    memory.get("a", lambda: None)

    found = memory.get("a", source)

    assert (found, source.asked) == (None, 0)


def test_a_forgotten_answer_is_asked_for_again(watch):
    memory, source = make_memory(watch), Source()
    memory.get("a", source)

    memory.forget("a")

    assert memory.get("a", source) == 2


def test_an_answer_that_was_overtaken_by_a_change_is_not_remembered(watch):
    """A reader that read before the commit must not keep what it read past the notice."""
    memory, source = make_memory(watch), Source()

    def overtaken() -> int:
        memory.forget("a")
        return source()

    memory.get("a", overtaken)

    assert memory.get("a", source) == 2


def test_an_error_is_raised_and_not_remembered(watch):
    memory, source = make_memory(watch), Source()

    def fail() -> int:
        raise Unavailable

    with pytest.raises(Unavailable):
        memory.get("a", fail)

    assert memory.get("a", source) == 1


def test_an_answer_that_has_ended_is_not_given_out_when_nobody_answers(watch):
    """Fail closed: a client that was disabled meanwhile must not go on."""
    memory = make_memory(watch)
    memory.get("a", lambda: 1)
    watch.time += 1

    def fail() -> int:
        raise Unavailable

    with pytest.raises(Unavailable):
        memory.get("a", fail)


def test_a_flood_of_keys_does_not_grow_the_memory(watch):
    memory, source = make_memory(watch, bound=10), Source()

    for number in range(1000):
        memory.get(f"unknown-{number}", source)

    assert len(memory) == 10


def test_a_full_memory_forgets_its_oldest_answer(watch):
    memory, source = make_memory(watch, bound=2), Source()
    for key in ("a", "b", "c"):
        memory.get(key, source)

    again = memory.get("a", source)

    assert again == 4


def test_a_full_memory_keeps_its_youngest_answers(watch):
    memory, source = make_memory(watch, bound=2), Source()
    for key in ("a", "b", "c"):
        memory.get(key, source)

    kept = [memory.get(key, source) for key in ("b", "c")]

    assert kept == [2, 3]


def test_answers_that_have_ended_make_room(watch):
    memory, source = make_memory(watch), Source()
    for number in range(9):
        memory.get(f"old-{number}", source)
    watch.time += 1

    memory.get("new", source)

    assert len(memory) == 1
