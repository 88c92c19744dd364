"""Slow servers of some do not stop the calls to others (CWE-770)."""

import pytest

from authserver.http.outbound_places import Places

GOOD = "app.example"


@pytest.fixture
def places() -> Places:
    """Eight, of which one host that has answered before has none at the moment."""
    places = Places(8)
    assert places.take(GOOD, fairly=True)
    places.give_back(GOOD, answered=True)
    return places


def taken(places: Places, *hosts: str) -> int:
    """How many of these calls have found a place."""
    return sum(places.take(host, fairly=True) for host in hosts)


def test_one_host_has_half_of_the_places(places):
    assert taken(places, *[GOOD] * 8) == 4


def test_hosts_that_never_answered_have_half_of_the_places_together(places):
    """Whoever may register clients may register many, each at a host of its own."""
    strangers = [f"slow-{number}.example" for number in range(8)]

    assert taken(places, *strangers) == 4


def test_beside_them_a_host_that_answers_is_called(places):
    taken(places, *[f"slow-{number}.example" for number in range(8)])

    assert taken(places, GOOD, GOOD) == 2


def test_a_host_that_did_not_answer_the_last_time_is_doubtful(places):
    assert places.take(GOOD, fairly=True)
    places.give_back(GOOD, answered=False)
    taken(places, *[f"slow-{number}.example" for number in range(4)])

    assert not places.take(GOOD, fairly=True)


def test_a_place_comes_back_with_the_end_of_its_call(places):
    strangers = [f"slow-{number}.example" for number in range(4)]
    taken(places, *strangers)
    for stranger in strangers:
        places.give_back(stranger, answered=False)

    assert taken(places, *strangers) == 4


def test_a_host_that_answers_while_it_is_called_again_is_doubtful_no_more(places):
    taken(places, *["new.example"] * 3)
    places.give_back("new.example", answered=True)

    assert taken(places, *[f"slow-{number}.example" for number in range(8)]) == 4


def test_what_need_not_be_fair_has_all_places(places):
    """The queue of jobs sees to it by itself."""
    assert sum(places.take("new.example", fairly=False) for _ in range(10)) == 8


def test_hosts_that_answered_are_not_remembered_without_end(places):
    for number in range(3000):
        places.take(f"h{number}", fairly=True)
        places.give_back(f"h{number}", answered=True)

    assert len(places._proven) == 1000
