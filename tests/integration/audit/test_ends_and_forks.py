"""Where the chain begins and ends, and that there is one only: known by seals that were noted."""

import pytest

from authserver.audit.seals import Head


@pytest.fixture
def noted(sealed, check) -> Head:
    """The newest of three seals, as somebody kept it elsewhere."""
    sealed(3)
    return check()[1].newest


def cut_off(tamper, last: int) -> None:
    tamper("DELETE FROM audit_events WHERE seal > :last", last=last)
    tamper("DELETE FROM audit_seals WHERE number > :last", last=last)


def test_a_noted_seal_is_recognised(noted, sealed, faults):
    sealed(2)

    assert faults(noted) == []


def test_an_end_that_was_cut_off_is_known_by_what_was_noted(noted, tamper, faults):
    cut_off(tamper, 1)

    assert faults() == []
    assert faults(noted) == [("cut_off", 3)]


def test_all_of_the_record_being_gone_is_known_by_what_was_noted(noted, tamper, faults):
    cut_off(tamper, 0)

    assert faults(noted) == [("cut_off", 3)]


def test_an_end_that_has_grown_again_is_known_by_what_was_noted(noted, tamper, sealed, faults):
    cut_off(tamper, 1)
    sealed(5)

    assert faults() == []
    assert faults(noted) == [("not_as_expected", 3)]


def test_a_noted_seal_that_retention_has_removed_cannot_be_compared(old, forget, faults, check):
    old(41)
    noted = check()[1].newest
    old(40, 29)
    forget()

    assert faults(noted) == [("out_of_reach", 1)]


def test_the_last_seal_that_retention_has_removed_is_still_known(old, forget, faults, check):
    old(40)
    noted = check()[1].newest
    old(29)
    forget()

    assert faults(noted) == []
    assert faults(Head(1, bytes(32))) == [("not_as_expected", 1)]


# Two chains of one key ----------------------------------------------------------------------------


@pytest.fixture
def forked(sealed, tamper):
    """Keeps a copy of the chain after its first two seals, as a restored backup would go on.

    Answers how another chain of four is made of the same beginning, whose seals are ours as well.
    """
    sealed(2)

    def forked() -> None:
        sealed(2)
        tamper("CREATE TABLE other_events AS SELECT * FROM audit_events")
        tamper("CREATE TABLE other_seals AS SELECT * FROM audit_seals")
        cut_off(tamper, 2)
        sealed(4)

    yield forked
    tamper("DROP TABLE IF EXISTS other_events, other_seals")


def take_from_the_other(tamper, first: int, last: int) -> None:
    """Replace whole seals with all their events by those of the same numbers of another chain."""
    which = {"first": first, "last": last}
    tamper("DELETE FROM audit_events WHERE seal BETWEEN :first AND :last", **which)
    tamper("DELETE FROM audit_seals WHERE number BETWEEN :first AND :last", **which)
    tamper(
        """INSERT INTO audit_events SELECT * FROM other_events
           WHERE seal BETWEEN :first AND :last""",
        **which,
    )
    tamper(
        """INSERT INTO audit_seals SELECT * FROM other_seals
           WHERE number BETWEEN :first AND :last""",
        **which,
    )


@pytest.mark.parametrize(("first", "last", "broken"), [(3, 3, [4]), (4, 4, [4, 5]), (3, 4, [5])])
def test_seals_of_another_chain_by_the_same_key_are_found(
    forked, tamper, faults, first, last, broken
):
    """Each is one of ours at its place; only the chain tells that they are of another one."""
    forked()

    take_from_the_other(tamper, first, last)

    assert faults() == [("broken_chain", number) for number in broken]


def test_a_table_of_another_chain_beside_one_of_ours_is_found(forked, tamper, faults):
    forked()
    tamper("DELETE FROM audit_events WHERE seal >= 3")
    tamper("INSERT INTO audit_events SELECT * FROM other_events WHERE seal >= 3")

    codes = {code for code, _ in faults()}

    assert codes == {"missing_event", "inserted_event"}


def test_another_chain_in_the_place_of_ours_is_known_by_what_was_noted(
    forked, tamper, faults, check
):
    forked()
    noted = check()[1].newest

    take_from_the_other(tamper, 3, 99)

    assert faults() == []
    assert faults(noted) == [("cut_off", 6)]
