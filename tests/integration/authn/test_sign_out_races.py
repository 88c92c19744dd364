"""Signing out while somebody signs in, or a code is redeemed: PostgreSQL lets one come first."""

import threading

import pytest

from authserver.browser_sessions.service import BrowserSessionService
from authserver.errors import InvalidCredentials, Unavailable
from tests.attacks.races import together
from tests.integration.authn.conftest import ACTOR


@pytest.fixture
def web(make_client):
    return make_client("web")


def test_a_sign_out_waits_for_a_redemption_and_ends_what_it_began(
    services, sign_in_browser, sign_outs, begin_session, rows, user, web
):
    """The redemption holds the row FOR SHARE: its session is there to be ended."""
    browser, _ = sign_in_browser(user)
    engine = services.get(BrowserSessionService).database.engine
    waiting = threading.Thread(target=sign_outs.sign_out, args=([browser], ACTOR))
    with engine.begin() as redemption:
        redemption.exec_driver_sql("SELECT id FROM browser_sessions FOR SHARE")
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive()
        session = begin_session(browser, web)
    waiting.join()

    (row,) = rows.sql("SELECT end_reason FROM sessions WHERE id = :id", id=session.id)
    assert row.end_reason == "sign_out"


def test_no_session_survives_a_sign_out_that_it_raced(
    sign_in_browser, sign_outs, begin_session, rows, user, web
):
    """Security.md, invariant 4: also those being born."""

    def redeem():
        try:
            begin_session(browser, web)
        except (InvalidCredentials, Unavailable):
            return

    for _ in range(15):
        browser, _ = sign_in_browser(user)
        out = lambda browser=browser: sign_outs.sign_out([browser], ACTOR)  # noqa: E731
        together(redeem, redeem, out, redeem)

    assert rows.sql("SELECT id FROM sessions WHERE ended_at IS NULL") == []


def test_a_sign_in_that_races_a_sign_out_is_alive_or_dead_and_nothing_between(
    sign_in_browser, sign_outs, browsers, rows, user
):
    """Whichever comes last counts: a new cookie never names a row that a sign-out has ended."""
    for _ in range(15):
        session, cookie = sign_in_browser(user)

        (again, new_cookie), signed_out = together(
            lambda cookie=cookie: sign_in_browser(user, cookie),
            lambda session=session: sign_outs.sign_out([session], ACTOR),
        )

        assert signed_out.browser_sessions == 1
        assert browsers.find_all_now(cookie) == ()
        expected = () if again.id == session.id else (again,)
        assert browsers.find_all_now(new_cookie) == expected
        assert rows.get(session.id).ended_at is not None


def test_two_sign_ins_at_once_with_one_cookie_both_succeed(
    sign_in_browser, browsers, user, make_user
):
    """Two tabs: the browser keeps one of both cookies, and either works."""
    other = make_user()
    for _ in range(10):
        _, cookie = sign_in_browser(other)

        begun = together(*[lambda cookie=cookie: sign_in_browser(user, cookie)] * 4)

        assert all(browsers.find_all_now(new)[0] == session for session, new in begun)
        assert browsers.find_all_now(cookie) == ()


def test_two_who_sign_in_again_at_once_do_not_lock_each_other_out(sign_in_browser, browsers, user):
    """Only one of them gets the row that was there."""
    for _ in range(10):
        session, cookie = sign_in_browser(user)

        begun = together(*[lambda cookie=cookie: sign_in_browser(user, cookie)] * 4)

        assert all(browsers.find_all_now(new) == (again,) for again, new in begun)
        assert [again.id for again, _ in begun].count(session.id) == 1


def test_sign_outs_of_the_same_accounts_in_another_order_do_not_wait_for_each_other(
    sign_in_browser, sign_outs, browsers, make_user
):
    users = [make_user() for _ in range(3)]
    for _ in range(10):
        cookie, sessions = None, []
        for user in users:
            session, cookie = sign_in_browser(user, cookie)
            sessions.append(session)

        done = together(
            lambda all=sessions: sign_outs.sign_out(all, ACTOR),
            lambda all=sessions: sign_outs.sign_out(all[::-1], ACTOR),
        )

        assert sum(each.browser_sessions for each in done) == 3
