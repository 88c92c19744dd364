"""Threads take turns: one waits for what comes next, and who waits for something else says so."""

import threading
from collections.abc import Iterator

import pytest

from authserver import turns

_SOON = 0.2
_LONG = 5.0


@pytest.fixture(autouse=True)
def nobody_has_the_turn() -> Iterator[None]:
    yield
    turns.take_away()


def another_thread(taken: threading.Event, done: threading.Event) -> threading.Thread:
    """It takes the turn, says so, and passes it on when it is told to."""

    def live() -> None:
        turns.take()
        taken.set()
        done.wait(_LONG)
        turns.pass_on()

    thread = threading.Thread(target=live)
    thread.start()
    return thread


@pytest.fixture
def taken() -> threading.Event:
    return threading.Event()


@pytest.fixture
def other(taken: threading.Event) -> Iterator[threading.Thread]:
    """One that wants the turn while this thread has it."""
    done = threading.Event()
    turns.take()
    thread = another_thread(taken, done)
    yield thread
    turns.pass_on()
    done.set()
    thread.join()


def test_one_thread_has_the_turn(taken: threading.Event, other: threading.Thread) -> None:
    assert not taken.wait(_SOON)


def test_who_passes_it_on_lets_another_one_have_it(
    taken: threading.Event, other: threading.Thread
) -> None:
    turns.pass_on()

    assert taken.wait(_LONG)


def test_who_has_it_may_take_it_again(taken: threading.Event, other: threading.Thread) -> None:
    turns.take()

    turns.pass_on()

    assert taken.wait(_LONG)


def test_who_does_not_have_it_passes_nothing_on(
    taken: threading.Event, other: threading.Thread
) -> None:
    """Of a turn that another thread has."""
    stranger = threading.Thread(target=turns.pass_on)
    stranger.start()
    stranger.join()

    assert not taken.wait(_SOON)


def test_it_can_be_taken_away_from_who_is_stuck(
    taken: threading.Event, other: threading.Thread
) -> None:
    turns.take_away()

    assert taken.wait(_LONG)


def test_who_it_was_taken_from_passes_nothing_on_later(
    taken: threading.Event, other: threading.Thread
) -> None:
    """Or two threads would have it."""
    turns.take_away()
    taken.wait(_LONG)
    third_has_it, third_is_done = threading.Event(), threading.Event()
    third = another_thread(third_has_it, third_is_done)

    turns.pass_on()

    assert not third_has_it.wait(_SOON)
    third_is_done.set()
    turns.take_away()
    third.join()
