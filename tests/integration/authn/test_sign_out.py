"""Signing out: what ends, what lives on, and who is named."""

import pytest

from authserver.actor import SYSTEM
from authserver.authn.service import AuthnService
from authserver.errors import InvalidCredentials, SessionNotFound
from tests.integration.authn.conftest import ACTOR

NEW_PASSWORD = "quite another password 47"


@pytest.fixture
def web(make_client):
    return make_client("web")


@pytest.fixture
def alive(rows):
    """``alive(session, ...)``: whether each of these sessions of clients has not ended."""

    def alive(*sessions) -> list[bool]:
        query = "SELECT ended_at FROM sessions WHERE id = :id"
        return [rows.sql(query, id=session.id)[0].ended_at is None for session in sessions]

    return alive


def test_a_sign_out_ends_the_account_in_the_browser(
    sign_in_browser, sign_outs, browsers, rows, user
):
    session, cookie = sign_in_browser(user)
    browsers.find_all(cookie)

    sign_outs.sign_out([session], ACTOR)

    assert browsers.find_all(cookie) == ()
    assert rows.get(session.id).end_reason == "sign_out"


def test_clients_sessions_end_but_for_offline_access(
    sign_in_browser, sign_outs, begin_session, alive, user, web
):
    """OpenID Connect Core 1.0, section 11; Back-Channel Logout 1.0, section 2.7."""
    browser, _ = sign_in_browser(user)
    online = begin_session(browser, web)
    offline = begin_session(browser, web, "openid offline_access")

    sign_outs.sign_out([browser], ACTOR)

    assert alive(online, offline) == [False, True]


def test_all_clients_that_took_part_are_named_once(
    sign_in_browser, sign_outs, begin_session, user, web, make_client
):
    """Back-Channel Logout 1.0, section 2.4: those with offline access among them."""
    browser, _ = sign_in_browser(user)
    begin_session(browser, web)
    begin_session(browser, web, "openid email")
    begin_session(browser, make_client("offline"), "openid offline_access")
    make_client("stranger")

    signed_out = sign_outs.sign_out([browser], ACTOR)

    assert set(signed_out.clients) == {
        ("web", user.id, browser.id),
        ("offline", user.id, browser.id),
    }
    assert len(signed_out.clients) == 2


def test_other_accounts_and_other_browsers_stay(
    sign_in_browser, sign_outs, browsers, begin_session, alive, user, make_user, web
):
    elsewhere, cookie_elsewhere = sign_in_browser(user)
    session, cookie = sign_in_browser(user)
    other, cookie = sign_in_browser(make_user(), cookie)
    theirs = begin_session(other, web), begin_session(elsewhere, web)

    sign_outs.sign_out([session], ACTOR)

    assert browsers.find_all(cookie) == (other,)
    assert browsers.find_all(cookie_elsewhere) == (elsewhere,)
    assert alive(*theirs) == [True, True]


def test_a_sign_out_of_all_accounts_ends_all(sign_in_browser, sign_outs, browsers, user, make_user):
    first, cookie = sign_in_browser(user)
    second, cookie = sign_in_browser(make_user(), cookie)

    sign_outs.sign_out([second, first], ACTOR)

    assert browsers.find_all(cookie) == ()


def test_a_sign_out_is_recorded(sign_in_browser, sign_outs, begin_session, rows, user, web):
    browser, _ = sign_in_browser(user)
    begin_session(browser, web)

    sign_outs.sign_out([browser], ACTOR)

    (event,) = rows.events("browser_session.ended")
    assert (event.user_id, event.address) == (user.id, "192.0.2.7")
    assert event.detail == {
        "browser_session_id": str(browser.id),
        "reason": "sign_out",
        "clients": ["web"],
    }


def test_a_second_sign_out_does_nothing(sign_in_browser, sign_outs, begin_session, rows, user, web):
    browser, _ = sign_in_browser(user)
    begin_session(browser, web, "openid offline_access")
    sign_outs.sign_out([browser], ACTOR)

    again = sign_outs.sign_out([browser], ACTOR)

    assert (again.clients, again.browser_sessions) == ((), 0)
    assert len(rows.events("browser_session.ended")) == 1


def test_nobody_ends_the_browser_session_of_somebody_else(
    sign_in_browser, sign_outs, browsers, user, make_user
):
    session, cookie = sign_in_browser(user)

    with pytest.raises(SessionNotFound):
        sign_outs.sign_out_of_browser(make_user().id, session.id, ACTOR)
    assert browsers.find_all_now(cookie) == (session,)


def test_nothing_is_begun_after_a_sign_out(sign_in_browser, sign_outs, begin_session, user, web):
    """A code that was issued before it is worth nothing."""
    browser, _ = sign_in_browser(user)

    sign_outs.sign_out([browser], ACTOR)

    with pytest.raises(InvalidCredentials):
        begin_session(browser, web, "openid offline_access")


# Everywhere ---------------------------------------------------------------------------------------


def test_to_sign_out_everywhere_ends_offline_access_too(
    sign_in_browser, sign_outs, browsers, begin_session, alive, user, web
):
    browser, cookie = sign_in_browser(user)
    sessions = begin_session(browser, web), begin_session(browser, web, "openid offline_access")
    browsers.find_all(cookie)

    signed_out = sign_outs.sign_out_everywhere(user.id, "logout_all", ACTOR)

    assert alive(*sessions) == [False, False]
    assert browsers.find_all(cookie) == ()
    assert (signed_out.browser_sessions, signed_out.sessions) == (1, 2)
    assert signed_out.clients == (("web", user.id, browser.id),)


# A change of password -----------------------------------------------------------------------------


@pytest.fixture
def change_password(services, user):
    authn = services.get(AuthnService)
    return lambda session_id: authn.change_password(
        user.id, user.password, NEW_PASSWORD, session_id, SYSTEM
    )


def test_a_change_of_password_signs_out_of_all_browsers_at_once(
    sign_in_browser, browsers, change_password, rows, user
):
    """Security.md, invariant 4: through the cache as well."""
    session, cookie = sign_in_browser(user)
    browsers.find_all(cookie)

    change_password(None)

    assert browsers.find_all(cookie) == ()
    assert rows.get(session.id).end_reason == "password_changed"


def test_the_browser_that_the_change_came_from_stays_signed_in(
    sign_in_browser, browsers, begin_session, change_password, alive, user, web
):
    browser, cookie = sign_in_browser(user)
    _, cookie_elsewhere = sign_in_browser(user)
    session = begin_session(browser, web)

    change_password(session.id)

    assert [found.id for found in browsers.find_all(cookie)] == [browser.id]
    assert browsers.find_all(cookie_elsewhere) == ()
    assert alive(session) == [True]


def test_a_browser_that_was_dead_is_not_revived_by_a_change_of_password(
    sign_in_browser, browsers, begin_session, change_password, rows, user, web
):
    """Its session had been kept by an earlier change, or had offline access."""
    browser, cookie = sign_in_browser(user)
    session = begin_session(browser, web, "openid offline_access")
    rows.sql("UPDATE users SET credential_generation = 5")
    rows.sql("UPDATE sessions SET credential_generation = 5")

    change_password(session.id)

    assert browsers.find_all_now(cookie) == ()
