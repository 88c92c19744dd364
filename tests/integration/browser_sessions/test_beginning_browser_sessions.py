"""Signing in to a browser: what is made, what is replaced, what becomes of other accounts."""

from dataclasses import replace

import pytest

from authserver.browser_sessions.cookie import parse_cookie
from authserver.errors import InvalidCredentials, SessionNotFound
from authserver.ids import digest
from authserver.users.service import UserService
from tests.integration.browser_sessions.conftest import ACTOR


def names(found) -> list[str]:
    return [session.email for session in found]


def test_whoever_signs_in_is_known_in_that_browser(begin, browsers, una):
    session, cookie = begin(una)

    assert browsers.find_all(cookie) == (session,)
    assert (session.user_id, session.email, session.full_name) == (una.id, una.email, "Una")
    assert (session.acr, session.amr, session.credential_generation) == ("1", ("pwd",), 0)


def test_the_row_says_where_from_and_keeps_no_secret(begin, rows, una):
    session, cookie = begin(una)

    row = rows.get(session.id)

    assert (row.address, row.user_agent) == ("192.0.2.7", "A browser")
    assert bytes(row.secret_digest) == digest(cookie[32:])
    assert (row.expires_at - row.auth_time).total_seconds() == 7 * 86_400


def test_a_sign_in_is_recorded(begin, rows, una):
    session, _ = begin(una)

    (event,) = rows.events("browser_session.started")
    assert (event.user_id, event.address) == (una.id, "192.0.2.7")
    assert event.detail == {"browser_session_id": str(session.id), "amr": ["pwd"]}


# Signing in again ---------------------------------------------------------------------------------


def test_to_sign_in_again_replaces_the_secret_and_keeps_the_session(begin, browsers, rows, una):
    """The applications that know its ``sid`` are told of the sign-out still."""
    first, cookie = begin(una)

    second, new_cookie = begin(una, cookie)

    assert second.id == first.id
    assert second.auth_time > first.auth_time
    assert rows.ids() == [first.id]
    assert browsers.find_all(new_cookie) == (second,)
    assert browsers.find_all(cookie) == ()


def test_whoever_was_idle_for_too_long_keeps_the_session_by_signing_in(begin, browsers, rows, una):
    first, cookie = begin(una)
    rows.idle(first.id, 86_400)
    assert browsers.find_all_now(cookie) == ()

    second, new_cookie = begin(una, cookie)

    assert second.id == first.id
    assert browsers.find_all_now(new_cookie) == (second,)


def test_a_session_that_was_ended_is_not_begun_again(begin, browsers, services, una):
    first, cookie = begin(una)
    with browsers.database.transaction() as tx:
        browsers.end(tx, [first.id], "sign_out")

    second, new_cookie = begin(una, cookie)

    assert second.id != first.id
    assert names(browsers.find_all_now(new_cookie)) == [una.email]


def test_a_session_of_before_a_password_change_is_not_begun_again(begin, rows, una):
    """Security.md, invariant 4: its descendants stay dead."""
    first, cookie = begin(una)
    rows.sql("UPDATE users SET credential_generation = 1")

    second, _ = begin(una, cookie)

    assert second.id != first.id
    assert second.credential_generation == 1


def test_a_cookie_that_names_anothers_row_with_a_wrong_secret_takes_nothing_over(
    begin, browsers, una
):
    victim, cookie = begin(una)
    forged = f"{victim.id.hex}{'A' * 43}"

    own, _ = begin(una, forged)

    assert own.id != victim.id
    assert browsers.find_all_now(cookie) == (victim,)


# Several accounts ---------------------------------------------------------------------------------


def test_a_second_account_comes_in_front_of_the_first(begin, browsers, una, ida):
    _, cookie = begin(una)
    _, cookie = begin(ida, cookie)

    assert names(browsers.find_all(cookie)) == [ida.email, una.email]


def test_switching_puts_an_account_in_front(begin, browsers, una, ida):
    session, cookie = begin(una)
    _, cookie = begin(ida, cookie)

    switched = browsers.activate(cookie, session.id)

    assert names(browsers.find_all(switched)) == [una.email, ida.email]


def test_nobody_switches_to_an_account_that_the_cookie_does_not_name(begin, browsers, una, ida):
    session, _ = begin(una)
    _, cookie = begin(ida)

    with pytest.raises(SessionNotFound):
        browsers.activate(cookie, session.id)


def test_a_cookie_without_one_account_names_the_others(begin, browsers, una, ida):
    session, cookie = begin(una)
    _, cookie = begin(ida, cookie)

    assert names(browsers.find_all(browsers.without(cookie, [session.id]))) == [ida.email]


def test_a_cookie_without_its_only_account_is_none(begin, browsers, una):
    session, cookie = begin(una)

    assert browsers.without(cookie, [session.id]) is None


def test_of_six_accounts_the_one_that_was_used_the_longest_ago_is_left_over(
    begin, browsers, make_user
):
    users = [make_user() for _ in range(6)]
    before = cookie = None
    sessions = []
    for user in users:
        before = cookie
        session, cookie = begin(user, cookie)
        sessions.append(session)

    surplus = browsers.list_surplus(users[5].id, before, cookie)

    assert names(browsers.find_all(cookie)) == [user.email for user in reversed(users[1:])]
    assert surplus == [sessions[0].id]


def test_an_account_that_is_dead_is_no_longer_named(begin, browsers, rows, una, ida):
    session, cookie = begin(una)
    rows.idle(session.id, 86_400)

    _, cookie = begin(ida, cookie)

    assert len(parse_cookie(cookie)) == 1


def test_of_too_many_browsers_those_of_the_oldest_sign_ins_are_left_over(begin, make_browsers, una):
    """Tables stay bounded, whoever signs in how often."""
    service = make_browsers(sessions_per_user=2)
    _, cookie_of_oldest = begin(una, service=service)
    second, _ = begin(una, service=service)
    begin(una, cookie_of_oldest, service=service)

    _, cookie = begin(una, service=service)

    assert service.list_surplus(una.id, None, cookie) == [second.id]


# Who may not --------------------------------------------------------------------------------------


def test_whoever_was_disabled_after_the_password_was_checked_gets_no_session(
    services, browsers, rows, una
):
    """Security.md, invariant 4: also those being born."""
    user = services.get(UserService).find_for_sign_in(una.email)
    rows.sql("UPDATE users SET enabled = false")

    with pytest.raises(InvalidCredentials):
        browsers.begin(user, "1", ("pwd",), None, ACTOR)
    assert rows.ids() == []


def test_whoever_changed_the_password_after_it_was_checked_gets_no_session(services, browsers, una):
    user = services.get(UserService).find_for_sign_in(una.email)

    with pytest.raises(InvalidCredentials):
        browsers.begin(replace(user, credential_generation=-1), "1", ("pwd",), None, ACTOR)
