"""What is cleared away, when, and how much at a time."""

import pytest

from authserver.maintenance import maintain

DAY = 86_400


@pytest.fixture
def end(uncached):
    def end(session):
        with uncached.database.transaction() as tx:
            uncached.end(tx, [session.id], "sign_out")

    return end


def test_rows_of_the_past_are_removed_in_batches(begin, uncached, rows, una):
    """performance.md, rule 13."""
    for _ in range(5):
        begin(una)
    rows.pass_time(7 * DAY)
    kept, _ = begin(una)

    assert uncached.remove_dead(batch=2) == 5
    assert rows.ids() == [kept.id]


def test_what_ended_today_stays_for_the_record(begin, uncached, end, rows, una):
    session, _ = begin(una)
    end(session)

    assert uncached.remove_dead() == 0
    assert rows.ids() == [session.id]


def test_what_ended_yesterday_is_removed(begin, uncached, end, rows, una):
    session, _ = begin(una)
    end(session)
    rows.pass_time(DAY)

    assert uncached.remove_dead() == 1


def test_an_end_makes_no_row_stay_longer(begin, uncached, end, rows, una):
    session, _ = begin(una)
    rows.pass_time(7 * DAY - 60)
    end(session)
    rows.pass_time(60)

    assert uncached.remove_dead() == 1


def test_a_row_that_somebody_holds_is_left_for_the_next_time(begin, uncached, rows, una):
    for _ in range(2):
        begin(una)
    rows.pass_time(7 * DAY)
    first = rows.ids()[0]
    with uncached.database.engine.begin() as connection:
        connection.exec_driver_sql("SELECT id FROM browser_sessions ORDER BY id LIMIT 1 FOR UPDATE")

        assert uncached.remove_dead() == 1

    assert rows.ids() == [first]


def test_maintenance_does_it(begin, services, rows, una):
    begin(una)
    rows.pass_time(7 * DAY)

    assert maintain(services).removed_browser_sessions == 1
