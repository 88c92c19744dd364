"""When a browser session is alive, and what finding it costs."""

import pytest

from authserver.actor import SYSTEM
from authserver.browser_sessions.repository import BrowserSessionRepository
from authserver.storage.statements import Statements
from authserver.users.service import UserService

IDLE, ABSOLUTE = 43_200, 7 * 86_400


class Counting:
    """Counts the statements that go by."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements
        self.count = 0

    def all(self, *arguments):
        self.count += 1
        return self._statements.all(*arguments)


@pytest.fixture
def counting(uncached):
    return Counting(uncached.browser_sessions.hot)


@pytest.fixture
def counted(uncached, counting):
    """The service without a cache, whose statements are counted."""
    lifetimes = uncached.browser_sessions.lifetimes
    return type(uncached)(
        uncached.database,
        BrowserSessionRepository(counting, lifetimes),
        uncached.cache,
        uncached.audit,
    )


@pytest.mark.parametrize("cookie", [None, "", "garbage", "a.b", "A" * 75, "0" * 100_000])
def test_a_cookie_that_is_none_costs_no_query(counted, counting, cookie):
    assert counted.find_all(cookie) == ()
    assert counting.count == 0


def test_five_accounts_cost_one_statement(begin, counted, counting, make_user):
    cookie = None
    for _ in range(5):
        _, cookie = begin(make_user(), cookie)

    assert len(counted.find_all(cookie)) == 5
    assert counting.count == 1


def test_a_wrong_secret_finds_nobody(begin, browsers, una):
    _, cookie = begin(una)
    browsers.find_all(cookie)
    wrong = cookie[:-1] + ("A" if cookie[-1] != "A" else "B")

    assert browsers.find_all(wrong) == ()
    assert browsers.find_all_now(wrong) == ()


def test_whoever_is_idle_for_too_long_must_sign_in_again(begin, uncached, rows, una):
    session, cookie = begin(una)

    rows.idle(session.id, IDLE)

    assert uncached.find_all(cookie) == ()


def test_whoever_comes_by_in_time_is_still_known(begin, uncached, rows, una):
    session, cookie = begin(una)

    rows.idle(session.id, IDLE - 5)

    assert uncached.find_all(cookie) == (session,)


def test_however_busy_a_browser_is_it_must_sign_in_again_one_day(begin, uncached, rows, una):
    session, cookie = begin(una)

    rows.age(session.id, ABSOLUTE)

    assert uncached.find_all(cookie) == ()


def test_coming_by_counts_once_a_minute(begin, uncached, rows, una):
    session, cookie = begin(una)
    rows.idle(session.id, 50)
    before = rows.get(session.id).seen_at

    uncached.find_all(cookie)
    assert rows.get(session.id).seen_at == before

    rows.idle(session.id, 70)
    uncached.find_all(cookie)
    assert rows.get(session.id).seen_at > before


def test_a_wrong_secret_does_not_count_as_coming_by(begin, uncached, rows, una):
    session, cookie = begin(una)
    rows.idle(session.id, 600)
    before = rows.get(session.id).seen_at

    uncached.find_all(cookie[:-3] + "AAA")

    assert rows.get(session.id).seen_at == before


def test_a_reader_does_not_wait_for_whoever_works_with_the_row(begin, uncached, rows, una):
    """A code that is redeemed at this moment holds the row."""
    session, cookie = begin(una)
    rows.idle(session.id, 600)
    with uncached.database.engine.begin() as connection:
        connection.exec_driver_sql("SELECT id FROM browser_sessions FOR SHARE")

        found = uncached.find_all(cookie)

    assert [each.id for each in found] == [session.id]


# The user -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("cached", [True, False])
def test_disabling_a_user_ends_all_browser_sessions_at_once(
    begin, browsers, uncached, services, una, cached
):
    """Security.md, invariant 4: through the cache as well."""
    service = browsers if cached else uncached
    _, cookie = begin(una)
    assert len(service.find_all(cookie)) == 1

    services.get(UserService).disable(SYSTEM, None, una.id)

    assert service.find_all(cookie) == ()


def test_what_was_dead_stays_dead_when_a_user_is_enabled_again(begin, browsers, services, una):
    users = services.get(UserService)
    _, cookie = begin(una)
    browsers.find_all(cookie)
    users.disable(SYSTEM, None, una.id)

    users.enable(SYSTEM, None, una.id)

    assert browsers.find_all(cookie) == ()


def test_a_reset_of_the_password_ends_all_browser_sessions_at_once(begin, browsers, services, una):
    _, cookie = begin(una)
    browsers.find_all(cookie)

    services.get(UserService).reset_password(SYSTEM, None, una.id, "quite another password 47")

    assert browsers.find_all(cookie) == ()


def test_deleting_a_user_ends_all_browser_sessions_at_once(begin, browsers, services, rows, una):
    _, cookie = begin(una)
    browsers.find_all(cookie)

    services.get(UserService).delete(SYSTEM, None, una.id)

    assert browsers.find_all(cookie) == ()
    assert rows.ids() == []


def test_another_name_is_shown_at_once(begin, browsers, services, una):
    _, cookie = begin(una)
    browsers.find_all(cookie)

    services.get(UserService).update(SYSTEM, None, una.id, None, {"full_name": "Una Nova"})

    assert [session.full_name for session in browsers.find_all(cookie)] == ["Una Nova"]


# Seeing them --------------------------------------------------------------------------------------


def test_only_the_living_are_listed_the_youngest_first(begin, browsers, rows, una, ida):
    begin(ida)
    older, younger, dead = (begin(una)[0] for _ in range(3))
    rows.idle(dead.id, IDLE)

    listed = browsers.list_of_user(una.id, None, 10)

    assert [row.id for row in listed] == [younger.id, older.id]
